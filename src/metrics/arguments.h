#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace lmms_eval::metrics {

// A metric's argument, or the default where it is absent or null; each throws Error{config} that names it when it has
// another type.
bool flag(const nlohmann::ordered_json& arguments, const std::string& name, bool otherwise = false);
double number(const nlohmann::ordered_json& arguments, const std::string& name, double otherwise);
/// REQUIRES low <= otherwise; throws Error{config} outside [low, high].
int integer(const nlohmann::ordered_json& arguments, const std::string& name, int otherwise, int low, int high);
std::string text(const nlohmann::ordered_json& arguments, const std::string& name, const std::string& otherwise);

}  // namespace lmms_eval::metrics
