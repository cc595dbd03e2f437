#include "cli/flags.h"

#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <algorithm>
#include <map>
#include <memory>

#include "base/errors.h"
#include "base/text.h"

namespace lmms_eval::cli {
namespace {

constexpr const char* kExamples = R"(
Examples:
  lmms_eval --model llava_onevision --model_args pretrained=DIR --tasks digits --batch_size auto
  lmms_eval --model async_openai --model_args model=NAME,base_url=http://host:8000/v1 --tasks digits \
            --log_samples --output_path logs/ --use_cache logs/cache_
  lmms_eval --model dummy --tasks digits --limit 8 --write_out
  lmms_eval --tasks list            the tasks (also list_groups, list_tags, list_subtasks, list_with_num)
  lmms_eval tasks | models | version   the same without flags

k=v strings: pairs separated by commas; a value with a comma in quotes, {} or [].
Exit status: 0 every metric was computed over every requested doc; 1 it was not; 2 the command line is wrong.
)";

// Flags of lmms-eval that have no meaning here, and why.
struct WithoutEffect {
  const char* name;
  const char* why;
  bool takes_value;
};
constexpr WithoutEffect kWithoutEffect[] = {
    {"force_simple", "there is one form of each model", false},
    {"process_with_media", "scoring always sees a doc's media", false},
    {"process_docs_parallel", "docs are scored as they are answered", true},
    {"timezone", "file names carry local time", true},
    {"trust_remote_code", "no code of a data set or model is run", false},
    {"agentic_trace_mode", "there are no agentic tasks", true},
};

// Flags of lmms-eval that this version refuses.
struct Refused {
  const char* name;
  bool takes_value;
};
constexpr Refused kRefused[] = {
    {"wandb_args", true},
    {"wandb_log_samples", false},
    {"swanlab_args", true},
    {"swanlab_log_samples", false},
    {"hf_hub_log_args", true},
    {"launcher_args", true},
    {"baseline", true},
    {"power-analysis", false},
    {"effect-size", true},
    {"alpha", true},
    {"power", true},
    {"correlation", true},
    {"std-a", true},
    {"std-b", true},
    {"tui", false},
};

/// Sorted by group, two columns: names with the kind of value, then the text with the default at its end.
class HelpFormatter : public ::CLI::Formatter {
 public:
  HelpFormatter() { column_width(38); }
  std::string make_usage(const ::CLI::App*, std::string) const override {
    return "Usage: lmms_eval [eval] --model NAME --tasks NAME[,NAME...] [flags]\n";
  }
  std::string make_option_opts(const ::CLI::Option* option) const override {
    const std::string value = option->get_option_text();
    return value.empty() ? "" : " " + value;
  }
};

class Flags {
 public:
  Flags() : app_("Evaluates large multimodal models: one model, any tasks, one table.\n", "lmms_eval") {
    app_.set_help_flag("-h,--help", "Print this text and exit");
    app_.set_version_flag("--version", "", "Print version and commit and exit");
    app_.formatter(std::make_shared<HelpFormatter>());
    app_.option_defaults()->multi_option_policy(::CLI::MultiOptionPolicy::TakeLast);
    add_selection();
    add_prompts();
    add_generation();
    add_output();
    add_others();
  }

  ::CLI::App& app() { return app_; }

  RunOptions take() {
    for (const auto* option : app_.get_options()) {
      const std::string name = option->get_lnames().empty() ? "" : option->get_lnames().front();
      if (option->count() == 0 || name == "help" || name == "version") continue;
      const auto results = option->results();
      options_.given[name] = is_switch_option(*option) ? "True" : results.empty() ? "" : results.back();
    }
    for (const auto& flag : kWithoutEffect)
      if (options_.given.count(flag.name)) options_.without_effect[flag.name] = flag.why;
    for (const auto& flag : kRefused)
      if (options_.given.count(flag.name)) options_.refused.push_back(flag.name);
    if (app_.get_option("--apply_chat_template")->count() > 0) {
      const auto results = app_.get_option("--apply_chat_template")->results();
      options_.apply_chat_template = results.empty() ? "" : results.back();
    }
    return options_;
  }

  static bool is_switch_option(const ::CLI::Option& option) { return option.get_expected_max() == 0; }

  FlagKind kind(const std::string& name) const {
    const auto& option = *app_.get_option("--" + name);
    const auto found = kinds_.find(option.get_lnames().front());
    return is_switch_option(option) ? FlagKind::on_off : found == kinds_.end() ? FlagKind::text : found->second;
  }

 private:
  /// `value`: what the help calls it.
  template <typename Value>
  void add(const char* names, const char* value, Value& member, const std::string& text,
           FlagKind kind = FlagKind::text) {
    auto* option = app_.add_option(names, member, text)->option_text(value)->group(group_);
    kinds_[option->get_lnames().front()] = kind;
  }
  void add_switch(const char* names, bool& value, const std::string& text) {
    app_.add_flag(names, value, text)->group(group_);
  }

  void add_selection() {
    group_ = "What to evaluate";
    add("--model", "NAME", options_.model, "Model or provider (`lmms_eval models` lists them); needed");
    add("--model_args", "K=V,...", options_.model_args, "For the model: pretrained=DIR, base_url=URL, ... (none)",
        FlagKind::key_values);
    add("--tasks", "LIST", options_.tasks,
        "Tasks, groups, tags, wildcards, YAML files or folders, separated by commas; or list, list_groups, list_tags, "
        "list_subtasks, list_with_num; needed",
        FlagKind::list);
    add("--include_path", "DIR,...", options_.include_path,
        "Folders with more task YAML; their names win over bundled ones (none)", FlagKind::list);
    add("--dataset_root", "DIR", options_.dataset_root,
        "Folder with data sets in folders named as on the Hub (org/name or name); looked in before the Hub's cache "
        "(none)");
    add("--limit", "NUMBER", options_.limit,
        "First N docs of each task, from 1 on, or a share of each, between 0 and 1; -1 for all (all)");
    add("--offset", "INT", options_.offset, "First doc, from 0 on (0)");
    add("--compat", "VERSION", options_.compat,
        "lmms-eval-0.7: that version's way where it is thought wrong (docs/differences.md), to compare numbers (none)");
    add("--samples", "JSON|FILE", options_.samples,
        "Docs to run by task: JSON {\"task\": [doc ids], ...} or a file of it; other tasks run whole (all docs)",
        FlagKind::json);
    add("--config", "FILE", options_.config,
        "YAML file with flag values, or a list of such maps: one evaluation each (none)");
  }

  void add_prompts() {
    group_ = "Prompts";
    add("--num_fewshot", "INT", options_.num_fewshot,
        "Examples before each question, from 0 on (what the task says, else 0)");
    add("--system_instruction", "TEXT", options_.system_instruction, "System text before the prompt (none)");
    add("--apply_chat_template", "[NAME]", chat_template_,
        "Apply the chat template [of this name, where there are several] (off)", FlagKind::on_off_or_text);
    app_.get_option("--apply_chat_template")->expected(0, 1);
    add_switch("--fewshot_as_multiturn", options_.fewshot_as_multiturn,
               "Give examples as turns of a conversation (off)");
  }

  void add_generation() {
    group_ = "Generation and the machine";
    add("--gen_kwargs", "K=V,...", options_.gen_kwargs,
        "Over each task's generation_kwargs: temperature=0.2,max_new_tokens=64 (none)", FlagKind::key_values);
    add("--batch_size,-b", "INT|auto|auto:INT", options_.batch_size,
        "Requests per batch of a local model, from 1 on (1)");
    add("--max_batch_size", "INT", options_.max_batch_size, "Largest batch that auto may choose, from 1 on (no bound)");
    add("--device", "NAME", options_.device, "cpu, cuda or cuda:N (cuda where usable, else cpu)");
    add("--seed", "INT,...", options_.seed,
        "Seeds of random, numpy, torch and few-shot: 1, 3 or 4 values, each a number or None (0,1234,1234,1234)",
        FlagKind::list);
    add("--repeats,-n,--num_samples", "INT", options_.repeats,
        "Ask every request this often, from 1 on (what the task says, else 1)");
    add("--max_tokens", "INT", options_.max_tokens,
        "Stop asking when the run has used this many tokens, from 1 on (no bound)");
    add("--reasoning_tags", "JSON|none", options_.reasoning_tags,
        "List of tag pairs whose text is cut before scoring, or none (think, analysis)", FlagKind::json);
  }

  void add_output() {
    group_ = "Output";
    add("--output_path", "DIR|FILE", options_.output_path, "Folder for results, or a file X.json or X.jsonl (none)");
    add_switch("--log_samples", options_.log_samples,
               "Write every doc's prompt, answer and scores; needs --output_path (off)");
    add("--log_samples_suffix", "TEXT", options_.log_samples_suffix, "Ending of the samples files' names (none)");
    add_switch("--predict_only,-x", options_.predict_only,
               "Write answers, compute no metrics; needs --output_path (off)");
    add_switch("--write_out,-w", options_.write_out, "Print prompt and target of the first doc of each task (off)");
    add_switch("--show_config", options_.show_config,
               "Print each task's configuration at the end, without defaults (off)");
    add_switch("--check_integrity", options_.check_integrity,
               "Check data, prompts and targets of the selected tasks first (off)");
    add("--verbosity", "NAME", options_.verbosity, "DEBUG, INFO, WARNING, ERROR or CRITICAL (INFO)");
    group_ = "Caches";
    add("--use_cache,-c", "PREFIX", options_.use_cache,
        "Keep answers in PREFIXrank0.db and use those already there (none)");
    add("--cache_requests", "NAME", options_.cache_requests,
        "true, refresh or delete; without effect: requests are built as the run goes (none)");
  }

  void add_others() {
    for (const auto& flag : kWithoutEffect)
      add_other(flag.name, flag.takes_value, flag.why, "Accepted, without effect (scripts for lmms-eval)");
    for (const auto& flag : kRefused)
      add_other(flag.name, flag.takes_value, "", "Known to lmms-eval, refused by this version");
  }

  void add_other(const std::string& name, bool takes_value, const char* text, const char* group) {
    std::string names = "--" + name;
    std::string other = name;
    std::replace(other.begin(), other.end(), other.find('-') == other.npos ? '_' : '-',
                 other.find('-') == other.npos ? '-' : '_');
    if (other != name) names += ",--" + other;
    if (takes_value)
      app_.add_option(names, ignored_text_, text)->option_text("VALUE")->group(group);
    else
      app_.add_flag(names, ignored_switch_, text)->group(group);
  }

  ::CLI::App app_;
  RunOptions options_;
  std::string group_;
  std::map<std::string, FlagKind> kinds_;  ///< by long name, of flags with a value
  std::string chat_template_;
  std::string ignored_text_;
  bool ignored_switch_ = false;
};

std::vector<std::string> long_names(const ::CLI::App& app) {
  std::vector<std::string> names;
  for (const auto* option : app.get_options())
    for (const auto& name : option->get_lnames()) names.push_back(name);
  return names;
}

/// A long flag in full: exact, or the only one with this beginning. Throws for none or several.
std::string full_name(const std::string& name, const std::vector<std::string>& names) {
  if (std::find(names.begin(), names.end(), name) != names.end()) return name;
  std::vector<std::string> candidates;
  for (const auto& candidate : names)
    if (candidate.starts_with(name)) candidates.push_back(candidate);
  if (candidates.size() == 1) return candidates.front();
  if (candidates.size() > 1) throw errors::usage("--{}: could be --{}", name, join(candidates, " or --"));
  const std::string hint = did_you_mean(name, names);
  throw errors::usage("--{}: no such flag{} (--help lists them)", name, hint);
}

std::vector<std::string> with_full_names(const std::vector<std::string>& arguments, const ::CLI::App& app) {
  const auto names = long_names(app);
  std::vector<std::string> full;
  for (const auto& argument : arguments) {
    if (!argument.starts_with("--") || argument.size() == 2) {
      full.push_back(argument);
      continue;
    }
    const auto equals = argument.find('=');
    const std::string name = argument.substr(2, equals == argument.npos ? argument.npos : equals - 2);
    const bool empty_value = equals + 1 == argument.size();  // CLI11 takes "--flag=" for a flag without its value
    full.push_back("--" + full_name(name, names) +
                   (equals == argument.npos || empty_value ? "" : argument.substr(equals)));
    if (empty_value) full.emplace_back();
  }
  return full;
}

/// CLI11 takes a value that begins with a dash for a flag; argparse takes "-1" for a number. Bind such values with '='.
std::vector<std::string> with_bound_negatives(const std::vector<std::string>& arguments) {
  std::vector<std::string> bound;
  for (const auto& argument : arguments) {
    const bool negative = argument.size() > 1 && argument[0] == '-' &&
                          (std::isdigit(static_cast<unsigned char>(argument[1])) || argument[1] == '.');
    if (negative && !bound.empty() && bound.back().starts_with("--") && bound.back().find('=') == std::string::npos)
      bound.back() += "=" + argument;
    else
      bound.push_back(argument);
  }
  return bound;
}

/// CLI11's "Could not convert: --limit = many". Only numbers cannot be converted.
Error no_number(const ::CLI::ConversionError& error, const ::CLI::App& app) {
  const std::string text = one_line(error.what());
  const auto name = text.find("--"), equals = text.find(" = ");
  if (name == text.npos || equals == text.npos) return errors::usage("{} (see --help)", text);
  const std::string flag = text.substr(name, equals - name);
  const bool whole = app.get_option(flag)->get_option_text() == "INT";
  return errors::usage("{} {}: must be a {}", flag, text.substr(equals + 3), whole ? "whole number" : "number");
}

}  // namespace

RunOptions parse_flags(const std::vector<std::string>& arguments) {
  Flags flags;
  auto list = with_bound_negatives(with_full_names(arguments, flags.app()));
  if (!list.empty() && !list[0].starts_with("-"))
    throw errors::usage("'{}' is neither a command (eval, tasks, models, version) nor a flag; see --help", list[0]);
  std::reverse(list.begin(), list.end());  // CLI11 takes them from the back
  try {
    flags.app().parse(std::move(list));
  } catch (const ::CLI::ConversionError& error) {
    throw no_number(error, flags.app());
  } catch (const ::CLI::ParseError& error) {
    throw errors::usage("{} (see --help)", one_line(error.what()));
  }
  return flags.take();
}

std::string help_text() {
  Flags flags;
  return flags.app().help() + kExamples;
}

std::vector<std::string> flag_names() {
  Flags flags;
  return long_names(flags.app());
}

FlagKind flag_kind(const std::string& name) { return Flags().kind(name); }

}  // namespace lmms_eval::cli
