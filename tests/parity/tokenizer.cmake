# The program that test_tokenizer.py and test_chat_template.py ask, over the objects of the local module.
add_executable(tokenizer_driver ${CMAKE_CURRENT_SOURCE_DIR}/tokenizer_driver.cpp)
get_property(tokenizer_driver_modules GLOBAL PROPERTY lmms_eval_local_closure)
get_property(tokenizer_driver_libraries GLOBAL PROPERTY lmms_eval_local_libraries)
foreach(module IN LISTS tokenizer_driver_modules)
  target_sources(tokenizer_driver PRIVATE $<TARGET_OBJECTS:lmms_eval_${module}>)
endforeach()
target_compile_options(tokenizer_driver PRIVATE ${LMMS_EVAL_TEST_OPTIONS})
target_include_directories(tokenizer_driver PRIVATE ${PROJECT_SOURCE_DIR}/include ${PROJECT_SOURCE_DIR}/src)
target_link_libraries(tokenizer_driver PRIVATE ${tokenizer_driver_libraries} ${CMAKE_DL_LIBS})

add_test(NAME parity.tokenizer
  COMMAND ${PROJECT_SOURCE_DIR}/.parity/bin/python -m pytest -q ${CMAKE_CURRENT_SOURCE_DIR}/test_tokenizer.py
    ${CMAKE_CURRENT_SOURCE_DIR}/test_chat_template.py)
set_tests_properties(parity.tokenizer PROPERTIES LABELS parity TIMEOUT 1200
  ENVIRONMENT "LMMS_EVAL_TOKENIZER_DRIVER=$<TARGET_FILE:tokenizer_driver>")
