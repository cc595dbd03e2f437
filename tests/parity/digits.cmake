# The whole program against transformers on the bundled digits (needs .parity, see tools/parity-env).
add_test(NAME parity.digits
  COMMAND ${PROJECT_SOURCE_DIR}/.parity/bin/python -m pytest -q -p no:cacheprovider
          ${CMAKE_CURRENT_LIST_DIR}/test_digits_transformers.py)
set_tests_properties(parity.digits PROPERTIES
  LABELS parity
  ENVIRONMENT "LMMS_EVAL_BIN=$<TARGET_FILE:lmms_eval_program>"
  TIMEOUT 1800)
