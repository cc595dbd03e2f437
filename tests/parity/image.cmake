# The program that test_image.py asks, over the objects of the media and local modules.
add_executable(image_driver ${CMAKE_CURRENT_SOURCE_DIR}/image_driver.cpp)
get_property(modules GLOBAL PROPERTY lmms_eval_local_closure)
get_property(libraries GLOBAL PROPERTY lmms_eval_local_libraries)
foreach(module IN LISTS modules)
  target_sources(image_driver PRIVATE $<TARGET_OBJECTS:lmms_eval_${module}>)
endforeach()
target_compile_options(image_driver PRIVATE ${LMMS_EVAL_TEST_OPTIONS})
target_include_directories(image_driver PRIVATE ${PROJECT_SOURCE_DIR}/include ${PROJECT_SOURCE_DIR}/src)
target_link_libraries(image_driver PRIVATE ${libraries} ${CMAKE_DL_LIBS})

add_test(NAME parity.image
  COMMAND ${PROJECT_SOURCE_DIR}/.parity/bin/python -m pytest -q ${CMAKE_CURRENT_SOURCE_DIR}/test_image.py)
set_tests_properties(parity.image PROPERTIES LABELS parity TIMEOUT 1800
  ENVIRONMENT "LMMS_EVAL_IMAGE_DRIVER=$<TARGET_FILE:image_driver>")
