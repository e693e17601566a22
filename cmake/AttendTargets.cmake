# Targets of this project: one static library for each folder of src/, one test program for each folder of tests/.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
# Of the shared library only include/attend is visible (ATTEND_API).
set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_VISIBILITY_INLINES_HIDDEN ON)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "Build type" FORCE)
endif()
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bin")

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM)
  set(CMAKE_CXX_COMPILER_LAUNCHER "${CCACHE_PROGRAM}")
endif()

find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)

add_library(attend_options INTERFACE)
target_include_directories(attend_options INTERFACE "${CMAKE_SOURCE_DIR}/src" "${CMAKE_SOURCE_DIR}/include")
target_compile_options(attend_options INTERFACE -Wall -Wextra -Wpedantic -Wshadow)
# GCC 12 wrongly warns of overlapping copies inside std::string (its bug 105651).
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  target_compile_options(attend_options INTERFACE -Wno-restrict)
endif()
if(ATTEND_WARNINGS_AS_ERRORS)
  target_compile_options(attend_options INTERFACE -Werror)
endif()

# attend_library(NAME SOURCES a.cc b.cc LINKS attend_base ICU::uc)
function(attend_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINKS" ${ARGN})
  add_library(${name} STATIC ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE attend_options ${ARG_LINKS})
endfunction()

# What the sanitizers of the presets need to know; other builds do not look at it.
set(ATTEND_TEST_ENVIRONMENT "LSAN_OPTIONS=suppressions=${CMAKE_SOURCE_DIR}/tests/leaks.supp:print_suppressions=0")

# attend_test(FOLDER SOURCES a_test.cc LINKS attend_text LABEL unit)
# One program tests_<folder>; every case is registered with ctest under <folder>.Suite.Case, or with ONE_PROCESS the
# program as a whole (where starting it costs more than a case: libtorch takes half a second to load).
function(attend_test folder)
  cmake_parse_arguments(ARG "ONE_PROCESS" "LABEL" "SOURCES;LINKS" ${ARGN})
  if(NOT ARG_LABEL)
    set(ARG_LABEL unit)
  endif()
  string(REPLACE "/" "_" target "tests_${folder}")
  add_executable(${target} ${ARG_SOURCES})
  target_link_libraries(${target} PRIVATE attend_options attend_testing ${ARG_LINKS} GTest::gmock
                                          GTest::gtest_main)
  foreach(source IN LISTS ARG_SOURCES)
    set_property(GLOBAL APPEND PROPERTY ATTEND_TEST_FILES
                 "${CMAKE_CURRENT_SOURCE_DIR}/${source}")
  endforeach()
  if(ARG_ONE_PROCESS)
    add_test(NAME ${folder} COMMAND ${target})
    set_tests_properties(${folder} PROPERTIES LABELS ${ARG_LABEL} TIMEOUT 900
                         ENVIRONMENT "${ATTEND_TEST_ENVIRONMENT}")
    return()
  endif()
  gtest_discover_tests(${target} TEST_PREFIX "${folder}." PROPERTIES LABELS ${ARG_LABEL} TIMEOUT 600
                       ENVIRONMENT "${ATTEND_TEST_ENVIRONMENT}" DISCOVERY_TIMEOUT 60)
endfunction()
