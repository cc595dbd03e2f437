#include "template/scopes.h"

#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>

namespace lmms_eval::tmpl {
namespace {

/// The variables of one function (the template, a macro, a recursive loop): how many slots they need.
struct Frame {
  int depth = 0;
  int size = 0;
};

struct Variable {
  const Frame* frame = nullptr;
  int slot = -1;
};

/// The names of one scope. Copies made for the branches of an `if` share the slots.
class Scope {
 public:
  Scope(Scope* parent, Frame* frame)
      : parent_(parent), frame_(frame), slots_(std::make_shared<std::unordered_map<std::string, int>>()) {}

  Frame* frame() const { return frame_; }

  std::optional<Variable> find(const std::string& name) const {
    for (const auto* scope = this; scope != nullptr; scope = scope->parent_) {
      if (const auto it = scope->refs_.find(name); it != scope->refs_.end()) return Variable{scope->frame_, it->second};
    }
    return std::nullopt;
  }

  struct Rule {
    Load::Source source;
    Variable outer;
    std::string name;
    bool parameter = false;
  };

  void store(const std::string& name) {
    stores_.insert(name);
    if (refs_.contains(name)) return;
    if (const auto outer = parent_ == nullptr ? std::nullopt : parent_->find(name)) {
      define(name, {Load::Source::alias, *outer, name});
    } else {
      define(name, {Load::Source::unset, {}, name});
    }
  }

  int parameter(const std::string& name) {
    stores_.insert(name);
    define(name, {Load::Source::unset, {}, name, true});
    return refs_.at(name);
  }

  void load(const std::string& name) {
    if (!find(name)) define(name, {Load::Source::context, {}, name});
  }

  /// After an `if`: what only some branches assign keeps its outer value in the others.
  void merge(const std::vector<Scope>& branches) {
    std::set<std::string> stores;
    for (const auto& branch : branches) stores.insert(branch.stores_.begin(), branch.stores_.end());
    for (const auto& own : stores_) stores.erase(own);
    for (const auto& branch : branches) {
      for (const auto& ref : branch.refs_) refs_.insert_or_assign(ref.first, ref.second);
      for (const auto& rule : branch.rules_) rules_.insert_or_assign(rule.first, rule.second);
      stores_.insert(branch.stores_.begin(), branch.stores_.end());
    }
    for (const auto& name : stores) {
      auto& rule = rules_.at(refs_.at(name));
      const auto outer = parent_ == nullptr ? std::nullopt : parent_->find(name);
      rule = outer ? Rule{Load::Source::alias, *outer, name} : Rule{Load::Source::context, {}, name};
    }
  }

  const std::map<int, Rule>& rules() const { return rules_; }

 private:
  void define(const std::string& name, Rule rule) {
    const auto [it, inserted] = slots_->try_emplace(name, frame_->size);
    if (inserted) ++frame_->size;
    refs_[name] = it->second;
    rules_.insert_or_assign(it->second, std::move(rule));
  }

  Scope* parent_;
  Frame* frame_;
  std::shared_ptr<std::unordered_map<std::string, int>> slots_;
  std::unordered_map<std::string, int> refs_;
  std::map<int, Rule> rules_;
  std::set<std::string> stores_;
};

/// Names loaded somewhere below before anything stores them, in the order of the template.
class UseFinder {
 public:
  explicit UseFinder(std::set<std::string> names) : wanted_(std::move(names)) {
    visitor_.expr = [this](Expr& node) { expr(node); };
    visitor_.stmt = [this](Stmt& node) {
      if (node.kind != StmtKind::block) visit_children(node, visitor_);
    };
  }

  void look(Body& body) {
    for (auto& node : body) visitor_.stmt(*node);
  }
  bool found(const std::string& name) const { return found_.contains(name); }

 private:
  void expr(Expr& node) {
    if (node.kind != ExprKind::name) return visit_children(node, visitor_);
    const auto& name = static_cast<NameExpr&>(node);
    if (name.use == NameUse::load && wanted_.contains(name.name)) {
      found_.insert(name.name);
    } else {
      wanted_.erase(name.name);
    }
  }

  std::set<std::string> wanted_;
  std::set<std::string> found_;
  NodeVisitor visitor_;
};

class Resolver {
 public:
  explicit Resolver(Program& program) : program_(program) {}

  void run() {
    Frame frame;
    Scope root(nullptr, &frame);
    root_ = &root;
    declare(root, program_.body);
    resolve(root, program_.body, false);
    program_.loads = loads(root);
    program_.frame_size = frame.size;
  }

 private:
  // --- First pass over a scope: which names it has ---

  void declare(Scope& scope, Body& body) {
    for (auto& node : body) declare(scope, *node);
  }

  void declare(Scope& scope, Stmt& node) {
    switch (node.kind) {
      case StmtKind::output:
        return declare(scope, static_cast<OutputStmt&>(node).value);
      case StmtKind::set:
        declare(scope, static_cast<SetStmt&>(node).value);
        return declare(scope, static_cast<SetStmt&>(node).target);
      case StmtKind::if_chain:
        return declare_if(scope, static_cast<IfStmt&>(node), 0);
      case StmtKind::for_loop:
        return declare(scope, static_cast<ForStmt&>(node).iterable);
      case StmtKind::macro:
        return scope.store(static_cast<MacroStmt&>(node).function.name);
      case StmtKind::call_block:
        return declare(scope, *static_cast<CallBlockStmt&>(node).call);
      case StmtKind::filter_block:
        return declare(scope, static_cast<FilterBlockStmt&>(node).filter);
      case StmtKind::with:
        for (auto& [target, value] : static_cast<WithStmt&>(node).assignments) declare(scope, value);
        return;
      case StmtKind::set_block:
        return declare(scope, static_cast<SetBlockStmt&>(node).target);
      default:
        return;
    }
  }

  /// An elif is an if inside of the else, but its branches all count for this scope.
  void declare_if(Scope& scope, IfStmt& node, std::size_t branch) {
    declare(scope, node.branches[branch].first);
    std::vector<Scope> branches(2, scope);
    declare(branches[0], node.branches[branch].second);
    if (branch + 1 < node.branches.size()) {
      if (node.branches[branch + 1].first) {
        declare_if(branches[1], node, branch + 1);
      } else {
        declare(branches[1], node.branches[branch + 1].second);
      }
    }
    scope.merge(branches);
  }

  void declare(Scope& scope, ExprPtr& node) {
    if (node) declare(scope, *node);
  }

  void declare(Scope& scope, Expr& node) {
    if (node.kind == ExprKind::name) {
      auto& name = static_cast<NameExpr&>(node);
      switch (name.use) {
        case NameUse::load:
          return scope.load(name.name);
        case NameUse::store:
          return scope.store(name.name);
        case NameUse::parameter:
          scope.parameter(name.name);
          return;
      }
    }
    if (node.kind == ExprKind::namespace_target) return scope.load(static_cast<NamespaceTarget&>(node).name);
    NodeVisitor visitor;
    visitor.expr = [&](Expr& child) { declare(scope, child); };
    visit_children(node, visitor);
  }

  static void declare_parameters(Scope& scope, Expr& target) {
    if (target.kind == ExprKind::name) {
      scope.parameter(static_cast<NameExpr&>(target).name);
    } else {
      for (auto& item : static_cast<SequenceExpr&>(target).items) declare_parameters(scope, *item);
    }
  }

  // --- Second pass: slots for the names, and the scopes below ---

  void resolve(Scope& scope, Body& body, bool soft) {
    for (auto& node : body) resolve(scope, *node, soft);
  }

  void resolve(Scope& scope, Stmt& node, bool soft) {
    switch (node.kind) {
      case StmtKind::output:
        return resolve(scope, static_cast<OutputStmt&>(node).value, soft);
      case StmtKind::set:
        resolve(scope, static_cast<SetStmt&>(node).value, soft);
        return resolve(scope, static_cast<SetStmt&>(node).target, soft);
      case StmtKind::if_chain:
        for (auto& [test, body] : static_cast<IfStmt&>(node).branches) {
          resolve(scope, test, true);
          resolve(scope, body, true);
        }
        return;
      case StmtKind::for_loop:
        return resolve_for(scope, static_cast<ForStmt&>(node), soft);
      case StmtKind::macro: {
        auto& macro = static_cast<MacroStmt&>(node);
        resolve_function(scope, macro.function, macro.at);
        macro.slot = slot(scope, macro.function.name);
        return;
      }
      case StmtKind::call_block: {
        auto& block = static_cast<CallBlockStmt&>(node);
        resolve_function(scope, block.function, block.at);
        return resolve(scope, *block.call, soft);
      }
      case StmtKind::filter_block: {
        auto& block = static_cast<FilterBlockStmt&>(node);
        Scope inner(&scope, scope.frame());
        declare(inner, block.body);
        declare(inner, block.filter);
        resolve(inner, block.body, false);
        resolve(inner, block.filter, false);
        block.loads = loads(inner);
        return;
      }
      case StmtKind::with:
        return resolve_with(scope, static_cast<WithStmt&>(node), soft);
      case StmtKind::set_block: {
        auto& block = static_cast<SetBlockStmt&>(node);
        Scope inner(&scope, scope.frame());
        declare(inner, block.body);
        declare(inner, block.filter);
        resolve(inner, block.body, false);
        resolve(inner, block.filter, false);
        resolve(scope, block.target, soft);
        block.loads = loads(inner);
        return;
      }
      case StmtKind::generation:
      case StmtKind::block:
        return resolve_scope(scope, static_cast<ScopeStmt&>(node));
      default:
        return;
    }
  }

  void resolve_scope(Scope& scope, ScopeStmt& node) {
    // a block sees the variables of the template's top level, whatever it stands in
    const bool block = node.kind == StmtKind::block;
    Scope inner(block ? root_ : &scope, scope.frame());
    declare(inner, node.body);
    resolve(inner, node.body, false);
    node.loads = loads(inner);
  }

  void resolve_with(Scope& scope, WithStmt& node, bool soft) {
    Scope inner(&scope, scope.frame());
    for (auto& [target, value] : node.assignments) declare_parameters(inner, *target);
    declare(inner, node.body);
    for (auto& [target, value] : node.assignments) {
      resolve(scope, value, soft);
      resolve(inner, target, false);
    }
    resolve(inner, node.body, false);
    node.loads = loads(inner);
  }

  void resolve_for(Scope& scope, ForStmt& node, bool soft) {
    UseFinder loop_use({"loop"});
    loop_use.look(node.body);
    node.uses_loop = node.recursive || loop_use.found("loop");
    Frame own{scope.frame()->depth + 1, 0};
    Frame* frame = node.recursive ? &own : scope.frame();

    Scope body(&scope, frame);
    if (node.uses_loop) node.loop_slot = body.parameter("loop");
    declare_parameters(body, *node.target);
    declare(body, node.body);
    if (node.test) {
      Scope test(&scope, frame);
      declare_parameters(test, *node.test_target);
      declare(test, node.test);
      resolve(test, node.test_target, false);
      resolve(test, node.test, false);
      node.test_loads = loads(test);
    }
    Scope otherwise(&scope, frame);
    declare(otherwise, node.otherwise);
    resolve(body, node.target, false);
    resolve(body, node.body, false);
    resolve(otherwise, node.otherwise, false);
    resolve(scope, node.iterable, soft);
    node.body_loads = loads(body);
    node.otherwise_loads = loads(otherwise);
    node.frame_size = own.size;
  }

  void resolve_function(Scope& scope, MacroFunction& function, Position at) {
    Frame frame{scope.frame()->depth + 1, 0};
    Scope inner(&scope, &frame);
    UseFinder uses({"caller", "kwargs", "varargs"});
    uses.look(function.body);
    std::set<std::string> named;
    for (std::size_t i = 0; i < function.parameters.size(); ++i) {
      const auto& name = function.parameters[i]->name;
      named.insert(name);
      if (name != "caller") continue;
      if (uses.found("caller") && i + function.defaults.size() < function.parameters.size()) {
        throw SyntaxFailure(at,
                            "When defining macros or call blocks the special \"caller\" argument must be omitted or "
                            "be given a default.");
      }
    }
    for (auto& parameter : function.parameters) inner.parameter(parameter->name);
    const auto special = [&](const char* name) {
      return uses.found(name) && !named.contains(name) ? inner.parameter(name) : -1;
    };
    function.caller_slot = special("caller");
    function.kwargs_slot = special("kwargs");
    function.varargs_slot = special("varargs");
    for (auto& value : function.defaults) declare(inner, value);
    declare(inner, function.body);
    for (auto& parameter : function.parameters) resolve(inner, *parameter, false);
    for (auto& value : function.defaults) resolve(inner, value, false);
    resolve(inner, function.body, false);
    function.loads = loads(inner);
    function.frame_size = frame.size;
  }

  void resolve(Scope& scope, ExprPtr& node, bool soft) {
    if (node) resolve(scope, *node, soft);
  }

  void resolve(Scope& scope, Expr& node, bool soft) {
    if (node.kind == ExprKind::name) {
      auto& name = static_cast<NameExpr&>(node);
      name.slot = slot(scope, name.name);
      return;
    }
    if (node.kind == ExprKind::namespace_target) {
      auto& target = static_cast<NamespaceTarget&>(node);
      target.slot = slot(scope, target.name);
      return;
    }
    if (node.kind == ExprKind::filter || node.kind == ExprKind::test) {
      const auto& apply = static_cast<ApplyExpr&>(node);
      if (apply.filter == nullptr && apply.test == nullptr && !soft) {
        throw SyntaxFailure(
            node.at, fmt::format("No {} named '{}'.", node.kind == ExprKind::filter ? "filter" : "test", apply.name));
      }
    }
    const bool inner_soft = soft || node.kind == ExprKind::conditional;
    NodeVisitor visitor;
    visitor.expr = [&](Expr& child) { resolve(scope, child, inner_soft); };
    visit_children(node, visitor);
  }

  static Slot slot(const Scope& scope, const std::string& name) {
    const auto variable = scope.find(name);
    if (!variable) throw failure("variable '{}' has no scope", name);
    return {scope.frame()->depth - variable->frame->depth, variable->slot};
  }

  Loads loads(const Scope& scope) {
    Loads result;
    for (const auto& [slot, rule] : scope.rules()) {
      if (rule.parameter) continue;
      Load load;
      load.slot = slot;
      load.source = rule.source;
      if (rule.source == Load::Source::context) load.external = external(rule.name);
      if (rule.source == Load::Source::alias) {
        load.outer = {scope.frame()->depth - rule.outer.frame->depth, rule.outer.slot};
      }
      result.push_back(load);
    }
    return result;
  }

  int external(const std::string& name) {
    const auto it = std::find(program_.externals.begin(), program_.externals.end(), name);
    if (it == program_.externals.end()) {
      program_.externals.push_back(name);
      return static_cast<int>(program_.externals.size()) - 1;
    }
    return static_cast<int>(it - program_.externals.begin());
  }

  Program& program_;
  Scope* root_ = nullptr;
};

}  // namespace

void resolve_scopes(Program& program) { Resolver(program).run(); }

}  // namespace lmms_eval::tmpl
