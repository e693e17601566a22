# What `cmake --install` lays out: programs, the library, its headers, and how others find them.
include(CMakePackageConfigHelpers)

install(TARGETS attend COMPONENT programs)
if(TARGET attend-train)
  install(TARGETS attend-train COMPONENT training)
endif()
install(TARGETS attend_subwords LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}/attend" COMPONENT library)
install(TARGETS attend_shared EXPORT attendTargets
  LIBRARY COMPONENT library NAMELINK_COMPONENT development)
install(DIRECTORY include/attend DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}" COMPONENT development)

set(cmake_package "${CMAKE_INSTALL_LIBDIR}/cmake/attend")
install(EXPORT attendTargets NAMESPACE attend:: DESTINATION "${cmake_package}" COMPONENT development)
configure_package_config_file(cmake/attendConfig.cmake.in attendConfig.cmake INSTALL_DESTINATION "${cmake_package}")
# While the first number is 0, a new second number may change the interface.
write_basic_package_version_file(attendConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES "${CMAKE_CURRENT_BINARY_DIR}/attendConfig.cmake" "${CMAKE_CURRENT_BINARY_DIR}/attendConfigVersion.cmake"
  DESTINATION "${cmake_package}" COMPONENT development)
# Relative to the file itself, so that the tree may be moved.
file(RELATIVE_PATH ATTEND_PC_PREFIX "/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/")
configure_file(cmake/attend.pc.in attend.pc @ONLY)
install(FILES "${CMAKE_CURRENT_BINARY_DIR}/attend.pc" DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig"
  COMPONENT development)

# The models that are ready for use, which `-m NAME` finds. The build tree has them as well.
install(DIRECTORY models/ DESTINATION "${CMAKE_INSTALL_DATADIR}/attend/models" COMPONENT programs)
file(GLOB_RECURSE model_files RELATIVE "${CMAKE_SOURCE_DIR}" CONFIGURE_DEPENDS models/*)
foreach(file IN LISTS model_files)
  configure_file("${file}" "${CMAKE_BINARY_DIR}/share/attend/${file}" COPYONLY)
endforeach()

# Licence and changes (Debian's list of versions, and CHANGELOG.md as NEWS), for each package of AttendPackage.cmake in a folder of its own.
configure_file(packaging/copyright.in doc/copyright COPYONLY)
set(changes "${CMAKE_BINARY_DIR}/doc/changelog.gz" "${CMAKE_BINARY_DIR}/doc/NEWS.gz")
add_custom_command(OUTPUT ${changes}
  COMMAND gzip -9nc "${CMAKE_SOURCE_DIR}/packaging/changelog" > "${CMAKE_BINARY_DIR}/doc/changelog.gz"
  COMMAND gzip -9nc "${CMAKE_SOURCE_DIR}/CHANGELOG.md" > "${CMAKE_BINARY_DIR}/doc/NEWS.gz"
  DEPENDS packaging/changelog CHANGELOG.md VERBATIM)
add_custom_target(attend_doc ALL DEPENDS ${changes})
foreach(pair "programs/attend" "training/attend-train" "library/libattend0" "development/libattend-dev" "python/python3-attend")
  get_filename_component(component "${pair}" DIRECTORY)
  get_filename_component(package "${pair}" NAME)
  if((component STREQUAL "training" AND NOT TARGET attend-train) OR (component STREQUAL "python" AND NOT ATTEND_BUILD_PYTHON))
    continue()
  endif()
  install(FILES "${CMAKE_BINARY_DIR}/doc/copyright" ${changes} LICENSE
    DESTINATION "${CMAKE_INSTALL_DATADIR}/doc/${package}" COMPONENT "${component}")
endforeach()

# Manual pages and completions come from the option lists of the program itself, which this machine must be able to run.
if(CMAKE_CROSSCOMPILING AND NOT CMAKE_CROSSCOMPILING_EMULATOR)
  return()
endif()
set(pages "${CMAKE_BINARY_DIR}/pages")
add_custom_command(OUTPUT "${pages}/stamp"
  COMMAND "${CMAKE_COMMAND}" -DPROGRAM=$<TARGET_FILE:attend> "-DEMULATOR=${CMAKE_CROSSCOMPILING_EMULATOR}"
          "-DFOLDER=${pages}" -P "${CMAKE_SOURCE_DIR}/cmake/AttendPages.cmake"
  DEPENDS attend cmake/AttendPages.cmake VERBATIM)
add_custom_target(attend_pages ALL DEPENDS "${pages}/stamp")
install(DIRECTORY "${pages}/man/" DESTINATION "${CMAKE_INSTALL_MANDIR}/man1" COMPONENT programs)
install(FILES "${pages}/completions/attend" DESTINATION "${CMAKE_INSTALL_DATADIR}/bash-completion/completions" COMPONENT programs)
# zsh looks into vendor-completions below /usr alone, and into site-functions below /usr/local.
install(CODE "
  if(CMAKE_INSTALL_PREFIX STREQUAL \"/usr\")
    set(ATTEND_ZSH_FOLDER vendor-completions)
  else()
    set(ATTEND_ZSH_FOLDER site-functions)
  endif()" COMPONENT programs)
install(FILES "${pages}/completions/_attend" DESTINATION "${CMAKE_INSTALL_DATADIR}/zsh/\${ATTEND_ZSH_FOLDER}" COMPONENT programs)
install(FILES "${pages}/completions/attend.fish" DESTINATION "${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d"
  COMPONENT programs)
