# The program that test_template.py asks, over the objects of the template module.
add_executable(template_driver ${CMAKE_CURRENT_SOURCE_DIR}/template_driver.cpp
  $<TARGET_OBJECTS:lmms_eval_template> $<TARGET_OBJECTS:lmms_eval_base>)
get_property(template_driver_libraries GLOBAL PROPERTY lmms_eval_template_libraries)
get_property(base_libraries GLOBAL PROPERTY lmms_eval_base_libraries)
target_compile_options(template_driver PRIVATE ${LMMS_EVAL_TEST_OPTIONS})
target_include_directories(template_driver PRIVATE ${PROJECT_SOURCE_DIR}/include ${PROJECT_SOURCE_DIR}/src)
target_link_libraries(template_driver PRIVATE ${template_driver_libraries} ${base_libraries} ${CMAKE_DL_LIBS})

add_test(NAME parity.template
  COMMAND ${PROJECT_SOURCE_DIR}/.parity/bin/python -m pytest -q ${CMAKE_CURRENT_SOURCE_DIR}/test_template.py)
set_tests_properties(parity.template PROPERTIES LABELS parity TIMEOUT 600
  ENVIRONMENT "LMMS_EVAL_TEMPLATE_DRIVER=$<TARGET_FILE:template_driver>")
