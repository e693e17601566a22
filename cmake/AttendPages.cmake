# Has the program write its manual pages, packed as Debian wants them, and its completions.
#   cmake -DPROGRAM=bin/attend -DFOLDER=pages [-DEMULATOR=…] -P AttendPages.cmake
file(REMOVE_RECURSE "${FOLDER}")
file(MAKE_DIRECTORY "${FOLDER}/man" "${FOLDER}/completions")
execute_process(COMMAND ${EMULATOR} "${PROGRAM}" manual --output-folder "${FOLDER}/man" COMMAND_ERROR_IS_FATAL ANY)
file(GLOB pages "${FOLDER}/man/*.1")
execute_process(COMMAND gzip -9n ${pages} COMMAND_ERROR_IS_FATAL ANY)
foreach(one "bash|attend" "zsh|_attend" "fish|attend.fish")
  string(REPLACE "|" ";" one "${one}")
  list(GET one 0 shell)
  list(GET one 1 file)
  execute_process(COMMAND ${EMULATOR} "${PROGRAM}" completion "${shell}" OUTPUT_FILE "${FOLDER}/completions/${file}"
    COMMAND_ERROR_IS_FATAL ANY)
endforeach()
file(TOUCH "${FOLDER}/stamp")
