# Finds Apache Arrow's C++ libraries in the pyarrow wheel that tools/deps puts into LMMS_EVAL_DEPS_DIR.
#
# The wheel has headers and versioned libraries (libarrow.so.2600), but neither a plain .so name nor a CMake package,
# so the libraries are linked by path.
#
# Defines the targets
#   arrow_wheel::arrow, arrow_wheel::parquet
# and the variables
#   ArrowWheel_FOUND, ArrowWheel_VERSION
#   ArrowWheel_LIBRARY_DIR, ArrowWheel_RUNTIME_LIBRARIES   what an installed tree must carry

if(NOT LMMS_EVAL_DEPS_DIR)
  set(LMMS_EVAL_DEPS_DIR "${CMAKE_SOURCE_DIR}/.deps")
endif()

file(GLOB _arrow_headers "${LMMS_EVAL_DEPS_DIR}/lib/python3*/site-packages/pyarrow/include/arrow/util/config.h")
if(_arrow_headers)
  list(GET _arrow_headers 0 _arrow_config_header)
  string(REGEX REPLACE "/include/arrow/util/config\\.h$" "" ArrowWheel_LIBRARY_DIR "${_arrow_config_header}")
  set(ArrowWheel_INCLUDE_DIR "${ArrowWheel_LIBRARY_DIR}/include")
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${_arrow_config_header}")
  file(STRINGS "${_arrow_config_header}" _arrow_version_line REGEX "define ARROW_VERSION_STRING ")
  string(REGEX MATCH "[0-9]+\\.[0-9]+\\.[0-9]+" ArrowWheel_VERSION "${_arrow_version_line}")
  file(STRINGS "${_arrow_config_header}" _arrow_so_line REGEX "define ARROW_SO_VERSION ")
  string(REGEX MATCH "[0-9]+" _arrow_so_version "${_arrow_so_line}")
  set(ArrowWheel_ARROW_LIBRARY "${ArrowWheel_LIBRARY_DIR}/libarrow.so.${_arrow_so_version}")
  set(ArrowWheel_PARQUET_LIBRARY "${ArrowWheel_LIBRARY_DIR}/libparquet.so.${_arrow_so_version}")
  if(EXISTS "${ArrowWheel_ARROW_LIBRARY}" AND EXISTS "${ArrowWheel_PARQUET_LIBRARY}")
    set(ArrowWheel_RUNTIME_LIBRARIES "${ArrowWheel_ARROW_LIBRARY}" "${ArrowWheel_PARQUET_LIBRARY}")
  endif()
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(
  ArrowWheel
  REQUIRED_VARS ArrowWheel_RUNTIME_LIBRARIES ArrowWheel_INCLUDE_DIR
  VERSION_VAR ArrowWheel_VERSION
  REASON_FAILURE_MESSAGE "no pyarrow with libarrow and libparquet under ${LMMS_EVAL_DEPS_DIR}: run tools/deps")

if(ArrowWheel_FOUND AND NOT TARGET arrow_wheel::arrow)
  add_library(arrow_wheel::arrow SHARED IMPORTED)
  set_target_properties(
    arrow_wheel::arrow
    PROPERTIES IMPORTED_LOCATION "${ArrowWheel_ARROW_LIBRARY}"
               INTERFACE_INCLUDE_DIRECTORIES "${ArrowWheel_INCLUDE_DIR}"
               INTERFACE_COMPILE_FEATURES cxx_std_20)

  add_library(arrow_wheel::parquet SHARED IMPORTED)
  set_target_properties(
    arrow_wheel::parquet
    PROPERTIES IMPORTED_LOCATION "${ArrowWheel_PARQUET_LIBRARY}"
               INTERFACE_INCLUDE_DIRECTORIES "${ArrowWheel_INCLUDE_DIR}"
               INTERFACE_LINK_LIBRARIES arrow_wheel::arrow
               INTERFACE_COMPILE_FEATURES cxx_std_20)
endif()
