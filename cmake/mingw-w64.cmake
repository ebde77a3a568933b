# Builds 64-bit Windows programs with the mingw-w64 of Debian and its relatives, and runs them with Wine.
set(CMAKE_SYSTEM_NAME Windows)
set(CMAKE_SYSTEM_PROCESSOR x86_64)

set(target x86_64-w64-mingw32)
set(CMAKE_C_COMPILER ${target}-gcc-win32) # Windows threads, so no thread library
set(CMAKE_RC_COMPILER ${target}-windres)
set(CMAKE_AR ${target}-ar CACHE FILEPATH "Archiver")
set(CMAKE_RANLIB ${target}-ranlib CACHE FILEPATH "Indexer of archives")

set(CMAKE_FIND_ROOT_PATH /usr/${target})
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)

# One file that needs none of the compiler's DLLs.
set(CMAKE_EXE_LINKER_FLAGS_INIT "-static")

find_program(wine NAMES wine wine-stable)
if(wine)
    set(CMAKE_CROSSCOMPILING_EMULATOR ${wine})
endif()
