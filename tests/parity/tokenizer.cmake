# The program that test_tokenizer.py and test_chat_template.py ask.
lmms_eval_parity_driver(tokenizer_driver local)

add_test(NAME parity.tokenizer
  COMMAND ${PROJECT_SOURCE_DIR}/.parity/bin/python -m pytest -q ${CMAKE_CURRENT_SOURCE_DIR}/test_tokenizer.py
    ${CMAKE_CURRENT_SOURCE_DIR}/test_chat_template.py)
set_tests_properties(parity.tokenizer PROPERTIES LABELS parity TIMEOUT 1200
  ENVIRONMENT "LMMS_EVAL_TOKENIZER_DRIVER=$<TARGET_FILE:tokenizer_driver>")
