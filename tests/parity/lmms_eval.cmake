# Whole runs of lmms-eval and of ours against one server.
add_test(NAME parity.lmms_eval
  COMMAND ${PROJECT_SOURCE_DIR}/.parity/bin/python -m pytest -q -p no:cacheprovider ${CMAKE_CURRENT_SOURCE_DIR}/test_lmms_eval.py)
set_tests_properties(parity.lmms_eval PROPERTIES LABELS parity TIMEOUT 1800
  ENVIRONMENT "LMMS_EVAL_PROGRAM=$<TARGET_FILE:lmms_eval_program>")
