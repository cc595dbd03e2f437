# The program that test_template.py asks.
lmms_eval_parity_driver(template_driver template)

add_test(NAME parity.template
  COMMAND ${PROJECT_SOURCE_DIR}/.parity/bin/python -m pytest -q ${CMAKE_CURRENT_SOURCE_DIR}/test_template.py)
set_tests_properties(parity.template PROPERTIES LABELS parity TIMEOUT 600
  ENVIRONMENT "LMMS_EVAL_TEMPLATE_DRIVER=$<TARGET_FILE:template_driver>")
