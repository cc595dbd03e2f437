# The program behind tasks/run.py, and the seeded sample of it that the tests run (needs .parity, see tools/parity-env).
add_executable(task_driver ${CMAKE_CURRENT_LIST_DIR}/task_driver.cpp)
target_compile_options(task_driver PRIVATE ${LMMS_EVAL_TEST_OPTIONS})
target_link_libraries(task_driver PRIVATE lmms_eval OpenSSL::Crypto)
set_target_properties(task_driver PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests)

# A seeded sample of what `tools/parity --full` runs, which writes docs/compatibility.md.
add_test(NAME parity.tasks
  COMMAND ${PROJECT_SOURCE_DIR}/.parity/bin/python -m pytest -q -p no:cacheprovider ${CMAKE_CURRENT_LIST_DIR}/task_test.py)
set_tests_properties(parity.tasks PROPERTIES
  LABELS parity
  ENVIRONMENT "LMMS_EVAL_TASK_DRIVER=$<TARGET_FILE:task_driver>"
  TIMEOUT 900)
