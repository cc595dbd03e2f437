# Finds libtorch in the PyTorch wheel that tools/deps puts into LMMS_EVAL_DEPS_DIR.
#
# The wheel's own TorchConfig.cmake insists on a CUDA toolkit, even for programs that only run on the CPU; hence this
# module. Only libtorch_cpu and libc10 are linked: libtorch_cuda is opened at run time when a GPU is asked for.
#
# Defines the target
#   lmms_eval::torch
# and the variables
#   Torch_FOUND, Torch_VERSION
#   Torch_LIBRARY_DIR       the wheel's torch/lib
#   Torch_RUNTIME_LIBRARIES every library that must travel with an installed tree, in the wheel's layout, for CPU use
#   Torch_PACKAGES_DIR      the folder to which that layout is relative (site-packages)

if(NOT LMMS_EVAL_DEPS_DIR)
  set(LMMS_EVAL_DEPS_DIR "${CMAKE_SOURCE_DIR}/.deps")
endif()

file(GLOB _torch_candidates "${LMMS_EVAL_DEPS_DIR}/lib/python3*/site-packages/torch/lib/libtorch_cpu.so")
if(_torch_candidates)
  list(GET _torch_candidates 0 Torch_CPU_LIBRARY)
  cmake_path(GET Torch_CPU_LIBRARY PARENT_PATH Torch_LIBRARY_DIR)
  cmake_path(GET Torch_LIBRARY_DIR PARENT_PATH _torch_root)
  cmake_path(GET _torch_root PARENT_PATH Torch_PACKAGES_DIR)
  set(Torch_INCLUDE_DIRS "${_torch_root}/include" "${_torch_root}/include/torch/csrc/api/include")
  file(STRINGS "${_torch_root}/version.py" _torch_version_line REGEX "^__version__")
  string(REGEX MATCH "[0-9]+\\.[0-9]+\\.[0-9]+" Torch_VERSION "${_torch_version_line}")

  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${_torch_root}/version.py")

  # libtorch_cpu needs these two even where there is no GPU; its own rpath finds them beside it.
  file(GLOB _torch_cuda_runtime
       "${Torch_PACKAGES_DIR}/nvidia/cu13/lib/libcudart.so.*"
       "${Torch_PACKAGES_DIR}/nvidia/cu13/lib/libcupti.so.*")
  file(GLOB _torch_gomp "${Torch_LIBRARY_DIR}/libgomp*.so*")
  list(LENGTH _torch_cuda_runtime _torch_cuda_runtime_count)
  if(_torch_cuda_runtime_count EQUAL 2)
    set(Torch_RUNTIME_LIBRARIES "${Torch_CPU_LIBRARY}" "${Torch_LIBRARY_DIR}/libc10.so" ${_torch_gomp}
                                ${_torch_cuda_runtime})
  endif()
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(
  Torch
  REQUIRED_VARS Torch_CPU_LIBRARY Torch_LIBRARY_DIR Torch_RUNTIME_LIBRARIES
  VERSION_VAR Torch_VERSION
  REASON_FAILURE_MESSAGE
    "no complete libtorch under ${LMMS_EVAL_DEPS_DIR}: run tools/deps, or build without local models (-DLMMS_EVAL_TORCH=OFF)")

if(Torch_FOUND AND NOT TARGET lmms_eval::torch)
  add_library(lmms_eval::c10 SHARED IMPORTED)
  set_target_properties(lmms_eval::c10 PROPERTIES IMPORTED_LOCATION "${Torch_LIBRARY_DIR}/libc10.so")

  add_library(lmms_eval::torch SHARED IMPORTED)
  set_target_properties(
    lmms_eval::torch
    PROPERTIES IMPORTED_LOCATION "${Torch_CPU_LIBRARY}"
               INTERFACE_LINK_LIBRARIES lmms_eval::c10
               INTERFACE_COMPILE_FEATURES cxx_std_20)
  # The wheel's include folder holds copies of other libraries' headers (a newer fmt, pybind11): searched last, so that the
  # system's own, which fit what is linked, come first.
  foreach(_torch_include IN LISTS Torch_INCLUDE_DIRS)
    target_compile_options(lmms_eval::torch INTERFACE "SHELL:-idirafter ${_torch_include}")
  endforeach()
  # libtorch_cpu's own needs are resolved when it is loaded, from the folders in its rpath.
  target_link_options(lmms_eval::torch INTERFACE "LINKER:--allow-shlib-undefined")
endif()
