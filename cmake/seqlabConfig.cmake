set(SEQLAB_ONEDNN ON)
include(${CMAKE_CURRENT_LIST_DIR}/Dependencies.cmake)
add_library(seqlab::headers ALIAS seqlab_headers)
include(${CMAKE_CURRENT_LIST_DIR}/seqlabTargets.cmake)
