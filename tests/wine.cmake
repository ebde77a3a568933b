# Tests of Windows programs on another system: CMake puts Wine in front of them, and one Wine server of
# this build tree runs from before the first test until after the last.
set(wine_environment
    WINEPREFIX=${PROJECT_BINARY_DIR}/wine
    WINEDEBUG=-all                  # Wine's own remarks on standard error
    WINEDLLOVERRIDES=mscoree,mshtml=  # no questions about Mono and Gecko
    LC_ALL=C.UTF-8                  # how Wine reads the arguments and names of Unix
    DISPLAY=)

if(CMAKE_CROSSCOMPILING_EMULATOR)
    add_test(NAME wine_up COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/live/wine_up.sh)
    add_test(NAME wine_down COMMAND sh -c "exec wineserver -k </dev/null >/dev/null 2>&1")
    set_tests_properties(wine_up PROPERTIES
        FIXTURES_SETUP wine TIMEOUT 300 ENVIRONMENT "${wine_environment}")
    set_tests_properties(wine_down PROPERTIES
        FIXTURES_CLEANUP wine TIMEOUT 60 ENVIRONMENT "${wine_environment}")
endif()

# psc_under_wine(<test>): on a real Windows there is nothing to do.
function(psc_under_wine name)
    if(CMAKE_CROSSCOMPILING_EMULATOR)
        set_tests_properties(${name} PROPERTIES
            FIXTURES_REQUIRED wine ENVIRONMENT "${wine_environment}")
    endif()
endfunction()
