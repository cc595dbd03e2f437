# The program that test_image.py asks.
lmms_eval_parity_driver(image_driver local)

add_test(NAME parity.image
  COMMAND ${PROJECT_SOURCE_DIR}/.parity/bin/python -m pytest -q ${CMAKE_CURRENT_SOURCE_DIR}/test_image.py)
set_tests_properties(parity.image PROPERTIES LABELS parity TIMEOUT 1800
  ENVIRONMENT "LMMS_EVAL_IMAGE_DRIVER=$<TARGET_FILE:image_driver>")
