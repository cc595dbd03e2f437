# The program that test_filters.py asks.
lmms_eval_parity_driver(filters_driver filters)

add_test(NAME parity.filters
  COMMAND ${PROJECT_SOURCE_DIR}/.parity/bin/python -m pytest -q -p no:cacheprovider ${CMAKE_CURRENT_SOURCE_DIR}/test_filters.py)
set_tests_properties(parity.filters PROPERTIES LABELS parity TIMEOUT 600
  ENVIRONMENT "LMMS_EVAL_FILTERS_DRIVER=$<TARGET_FILE:filters_driver>")
