#include "yaml/yaml_scalar.h"

#include <gtest/gtest.h>

#include <cmath>

namespace lmms_eval {
namespace {

using Json = nlohmann::ordered_json;

struct ScalarCase {
  const char* text;
  Json value;
};

class YamlScalar : public ::testing::TestWithParam<ScalarCase> {};

// The values of yaml.full_load of PyYAML 6.
TEST_P(YamlScalar, IsWhatPyYamlMakesOfIt) {
  const Json value = yaml_plain_scalar(GetParam().text);
  EXPECT_EQ(value.type(), GetParam().value.type()) << GetParam().text << " -> " << value;
  EXPECT_EQ(value, GetParam().value) << GetParam().text;
}

INSTANTIATE_TEST_SUITE_P(
    Cases, YamlScalar,
    ::testing::Values(ScalarCase{"yes", true}, ScalarCase{"Off", false}, ScalarCase{"TRUE", true},
                      ScalarCase{"tRue", "tRue"}, ScalarCase{"y", "y"}, ScalarCase{"~", nullptr},
                      ScalarCase{"", nullptr}, ScalarCase{"Null", nullptr}, ScalarCase{"none", "none"},
                      ScalarCase{"0", 0}, ScalarCase{"-17", -17}, ScalarCase{"+3", 3}, ScalarCase{"010", 8},
                      ScalarCase{"08", "08"}, ScalarCase{"0o17", "0o17"}, ScalarCase{"0x1F", 31},
                      ScalarCase{"0b101", 5}, ScalarCase{"1_000", 1000}, ScalarCase{"1:30", 90},
                      ScalarCase{"1:75", "1:75"}, ScalarCase{"1.5", 1.5}, ScalarCase{"1.", 1.0}, ScalarCase{".5", 0.5},
                      ScalarCase{"-.5", "-.5"}, ScalarCase{"1e5", "1e5"}, ScalarCase{"1.0e5", "1.0e5"},
                      ScalarCase{"1.0e+5", 100000.0}, ScalarCase{"-1.25E-2", -0.0125}, ScalarCase{"1:30.5", 90.5},
                      ScalarCase{".inf", INFINITY}, ScalarCase{"-.Inf", -INFINITY}, ScalarCase{".", "."},
                      ScalarCase{"1.2.3", "1.2.3"}, ScalarCase{"2024-01-02", "2024-01-02"}, ScalarCase{"_1", "_1"},
                      ScalarCase{"hello", "hello"}, ScalarCase{"99999999999999999999", "99999999999999999999"}));

TEST(YamlScalar, KnowsNotANumber) {
  const Json value = yaml_plain_scalar(".nan");
  ASSERT_TRUE(value.is_number_float());
  EXPECT_TRUE(std::isnan(value.get<double>()));
  EXPECT_EQ(yaml_plain_scalar("nan"), "nan");
}

}  // namespace
}  // namespace lmms_eval
