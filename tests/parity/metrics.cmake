# The program that test_metrics.py asks.
lmms_eval_parity_driver(metrics_driver metrics)

add_test(NAME parity.metrics
  COMMAND ${PROJECT_SOURCE_DIR}/.parity/bin/python -m pytest -q ${CMAKE_CURRENT_SOURCE_DIR}/test_metrics.py
          ${CMAKE_CURRENT_SOURCE_DIR}/test_scorers.py)
set_tests_properties(parity.metrics PROPERTIES LABELS parity TIMEOUT 1200
  ENVIRONMENT "LMMS_EVAL_METRICS_DRIVER=$<TARGET_FILE:metrics_driver>")
