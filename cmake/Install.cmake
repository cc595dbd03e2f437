# `cmake --install BUILD --prefix DIR` makes a tree that can be moved: bin/, lib/, include/, share/lmms_eval/tasks and a CMake
# package. It carries its own libarrow, libparquet and libtorch (in the wheels' relative layout, since libtorch finds its CUDA
# runtime by $ORIGIN/../../nvidia/cu13/lib); Debian's libraries stay those of the system.

include(CMakePackageConfigHelpers)

set(wheels_dir ${CMAKE_INSTALL_LIBDIR}/wheels)

install(TARGETS lmms_eval_program RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
set_target_properties(lmms_eval_program PROPERTIES INSTALL_RPATH "$ORIGIN/../${CMAKE_INSTALL_LIBDIR}")

install(TARGETS lmms_eval EXPORT lmms_eval-targets LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
set_target_properties(lmms_eval PROPERTIES INSTALL_RPATH "$ORIGIN")
install(FILES ${ArrowWheel_RUNTIME_LIBRARIES} DESTINATION ${CMAKE_INSTALL_LIBDIR})

if(LMMS_EVAL_TORCH)
  install(TARGETS lmms_eval_torch LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
  set_target_properties(lmms_eval_torch PROPERTIES INSTALL_RPATH "$ORIGIN;$ORIGIN/wheels/torch/lib")
  foreach(library IN LISTS Torch_RUNTIME_LIBRARIES)
    cmake_path(GET library PARENT_PATH folder)
    cmake_path(RELATIVE_PATH folder BASE_DIRECTORY ${Torch_PACKAGES_DIR} OUTPUT_VARIABLE relative)
    install(FILES ${library} DESTINATION ${wheels_dir}/${relative})
  endforeach()
endif()

install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/lmms_eval DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(DIRECTORY ${PROJECT_SOURCE_DIR}/tasks DESTINATION ${CMAKE_INSTALL_DATADIR}/lmms_eval)
install(FILES ${PROJECT_SOURCE_DIR}/LICENSE DESTINATION ${CMAKE_INSTALL_DATADIR}/lmms_eval)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/lmms_eval)
install(EXPORT lmms_eval-targets NAMESPACE lmms_eval:: DESTINATION ${package_dir})
configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/lmms_eval-config.cmake.in ${PROJECT_BINARY_DIR}/lmms_eval-config.cmake
  INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/lmms_eval-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/lmms_eval-config.cmake ${PROJECT_BINARY_DIR}/lmms_eval-config-version.cmake
  DESTINATION ${package_dir})
