# The program that test_data_files.py asks.
lmms_eval_parity_driver(data_files_driver data)

add_test(NAME parity.data_files
  COMMAND ${PROJECT_SOURCE_DIR}/.parity/bin/python -m pytest -q -p no:cacheprovider ${CMAKE_CURRENT_SOURCE_DIR}/test_data_files.py)
set_tests_properties(parity.data_files PROPERTIES LABELS parity TIMEOUT 600
  ENVIRONMENT "LMMS_EVAL_DATA_FILES_DRIVER=$<TARGET_FILE:data_files_driver>")
