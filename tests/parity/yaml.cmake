# The program that test_yaml.py asks.
lmms_eval_parity_driver(yaml_driver yaml)

add_test(NAME parity.yaml
  COMMAND ${PROJECT_SOURCE_DIR}/.parity/bin/python -m pytest -q -p no:cacheprovider ${CMAKE_CURRENT_SOURCE_DIR}/test_yaml.py)
set_tests_properties(parity.yaml PROPERTIES LABELS parity TIMEOUT 600
  ENVIRONMENT "LMMS_EVAL_YAML_DRIVER=$<TARGET_FILE:yaml_driver>")
