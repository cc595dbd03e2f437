# What tasks made of native functions ask, against the Python functions of lmms-eval's benchmarks.
add_executable(prompt_driver ${CMAKE_CURRENT_LIST_DIR}/prompt_driver.cpp)
target_compile_options(prompt_driver PRIVATE ${LMMS_EVAL_TEST_OPTIONS})
target_link_libraries(prompt_driver PRIVATE lmms_eval)
set_target_properties(prompt_driver PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests)

add_test(NAME parity.builders
  COMMAND ${PROJECT_SOURCE_DIR}/.parity/bin/python -m pytest -q -p no:cacheprovider ${CMAKE_CURRENT_LIST_DIR}/test_builders.py)
set_tests_properties(parity.builders PROPERTIES LABELS parity TIMEOUT 600
  ENVIRONMENT "LMMS_EVAL_PROMPT_DRIVER=$<TARGET_FILE:prompt_driver>")
