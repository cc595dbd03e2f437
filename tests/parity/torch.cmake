# The program behind test_llava_onevision.py, and the test itself (needs .parity, see tools/parity-env).
add_executable(logits_driver ${CMAKE_CURRENT_LIST_DIR}/logits_driver.cpp)
target_compile_options(logits_driver PRIVATE ${LMMS_EVAL_TEST_OPTIONS})
target_link_libraries(logits_driver PRIVATE lmms_eval_torch_objects lmms_eval lmms_eval::torch)
set_target_properties(logits_driver PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests)

add_test(NAME parity.llava_onevision
  COMMAND ${PROJECT_SOURCE_DIR}/.parity/bin/python -m pytest -q -p no:cacheprovider
          ${CMAKE_CURRENT_LIST_DIR}/test_llava_onevision.py)
set_tests_properties(parity.llava_onevision PROPERTIES
  LABELS parity
  ENVIRONMENT "LMMS_EVAL_BUILD=${PROJECT_BINARY_DIR};LOGITS_DRIVER=$<TARGET_FILE:logits_driver>"
  TIMEOUT 1800)
