# The program that test_metrics.py asks, over the objects of the metrics module.
add_executable(metrics_driver ${CMAKE_CURRENT_SOURCE_DIR}/metrics_driver.cpp
  $<TARGET_OBJECTS:lmms_eval_metrics> $<TARGET_OBJECTS:lmms_eval_base>)
get_property(metrics_libraries GLOBAL PROPERTY lmms_eval_metrics_libraries)
target_compile_options(metrics_driver PRIVATE ${LMMS_EVAL_TEST_OPTIONS})
target_include_directories(metrics_driver PRIVATE ${PROJECT_SOURCE_DIR}/include ${PROJECT_SOURCE_DIR}/src)
target_link_libraries(metrics_driver PRIVATE ${metrics_libraries} ${CMAKE_DL_LIBS})

add_test(NAME parity.metrics
  COMMAND ${PROJECT_SOURCE_DIR}/.parity/bin/python -m pytest -q ${CMAKE_CURRENT_SOURCE_DIR}/test_metrics.py)
set_tests_properties(parity.metrics PROPERTIES LABELS parity TIMEOUT 1200
  ENVIRONMENT "LMMS_EVAL_METRICS_DRIVER=$<TARGET_FILE:metrics_driver>")
