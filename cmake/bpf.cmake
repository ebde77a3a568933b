# The BPF iterator of psc_platform: sockets.bpf.c, compiled by clang and made into a light skeleton by
# bpftool, a header that contains the program. None of these tools is needed at run time.
set(PSC_BPF AUTO CACHE STRING "Build the BPF iterator: ON, OFF, or AUTO (if clang, bpftool and libbpf are there)")
set_property(CACHE PSC_BPF PROPERTY STRINGS AUTO ON OFF)

find_program(PSC_BPF_CLANG clang)
find_program(PSC_BPFTOOL bpftool PATHS /usr/sbin /sbin)
find_path(PSC_LIBBPF_INCLUDE bpf/skel_internal.h)

set(missing)
foreach(tool IN ITEMS PSC_BPF_CLANG PSC_BPFTOOL PSC_LIBBPF_INCLUDE)
    if(NOT ${tool})
        list(APPEND missing ${tool})
    endif()
endforeach()

if(NOT PSC_BPF OR (PSC_BPF STREQUAL "AUTO" AND missing))
    set(PSC_BPF_BUILT OFF)
    message(STATUS "BPF iterator: left out (PSC_BPF is ${PSC_BPF}; not found: ${missing})")
elseif(missing)
    message(FATAL_ERROR "BPF iterator: not found: ${missing}")
else()
    set(PSC_BPF_BUILT ON)
    message(STATUS "BPF iterator: built")
endif()

set(directory ${PROJECT_SOURCE_DIR}/src/platform/linux)
get_target_property(sources psc_platform SOURCES)
list(FILTER sources EXCLUDE REGEX "\\.bpf\\.c$")
if(PSC_BPF_BUILT)
    set(generated ${PROJECT_BINARY_DIR}/bpf)
    file(MAKE_DIRECTORY ${generated})
    # Debian keeps asm/types.h in a directory of its architecture, which clang does not look into for BPF.
    add_custom_command(
        OUTPUT ${generated}/sockets.bpf.o
        COMMAND ${PSC_BPF_CLANG} -target bpf -g -O2 -Wall -Wextra -I${PROJECT_SOURCE_DIR}/src
            -I${PSC_LIBBPF_INCLUDE}
            -I/usr/include/${CMAKE_LIBRARY_ARCHITECTURE} -c ${directory}/sockets.bpf.c
            -o ${generated}/sockets.bpf.o
        DEPENDS ${directory}/sockets.bpf.c ${directory}/socket_record.h VERBATIM)
    add_custom_command(
        OUTPUT ${generated}/sockets_bpf.lskel.h
        COMMAND ${PSC_BPFTOOL} gen skeleton -L ${generated}/sockets.bpf.o name sockets_bpf
            > ${generated}/sockets_bpf.lskel.h
        DEPENDS ${generated}/sockets.bpf.o VERBATIM)
    list(APPEND sources ${generated}/sockets_bpf.lskel.h)
    target_include_directories(psc_platform SYSTEM PRIVATE ${generated} ${PSC_LIBBPF_INCLUDE})
    target_compile_definitions(psc_platform PRIVATE PSC_BPF_BUILT)
endif()
set_property(TARGET psc_platform PROPERTY SOURCES ${sources})
