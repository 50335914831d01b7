# Every dependency is a Debian package; a missing one names its package.
find_package(Threads REQUIRED)
find_package(Boost 1.74 REQUIRED COMPONENTS program_options iostreams)
find_package(nlohmann_json REQUIRED)
find_package(fmt REQUIRED)
find_package(ICU REQUIRED COMPONENTS uc i18n)
find_package(xtensor REQUIRED)
find_path(XTENSOR_BLAS_INCLUDE xtensor-blas/xblas.hpp)
find_path(XSIMD_INCLUDE xsimd/xsimd.hpp)
find_library(OPENBLAS_LIBRARY openblas)
find_library(SENTENCEPIECE_LIBRARY sentencepiece)
find_library(SENTENCEPIECE_TRAIN_LIBRARY sentencepiece_train)
find_path(SENTENCEPIECE_INCLUDE sentencepiece_processor.h)
foreach(wanted IN ITEMS
    XTENSOR_BLAS_INCLUDE:libxtensor-blas-dev XSIMD_INCLUDE:libxsimd-dev
    OPENBLAS_LIBRARY:libopenblas-dev SENTENCEPIECE_LIBRARY:libsentencepiece-dev
    SENTENCEPIECE_TRAIN_LIBRARY:libsentencepiece-dev SENTENCEPIECE_INCLUDE:libsentencepiece-dev)
  string(REPLACE ":" ";" wanted ${wanted})
  list(GET wanted 0 variable)
  list(GET wanted 1 package)
  if(NOT ${variable})
    message(FATAL_ERROR "${variable} was not found. Install it with: apt-get install ${package}")
  endif()
endforeach()

# Third-party headers are system headers, so that our warning level does not apply to them.
add_library(seqlab_headers INTERFACE)
target_include_directories(seqlab_headers SYSTEM INTERFACE
  ${XTENSOR_BLAS_INCLUDE} ${XSIMD_INCLUDE} ${SENTENCEPIECE_INCLUDE})
target_link_libraries(seqlab_headers INTERFACE
  xtensor ${OPENBLAS_LIBRARY} Boost::program_options Boost::iostreams nlohmann_json::nlohmann_json
  fmt::fmt ${SENTENCEPIECE_LIBRARY} ${SENTENCEPIECE_TRAIN_LIBRARY} ICU::uc ICU::i18n Threads::Threads)

if(SEQLAB_ONEDNN)
  find_library(DNNL_LIBRARY dnnl)
  find_path(DNNL_INCLUDE oneapi/dnnl/dnnl.h)
  find_package(OpenMP)
  if(DNNL_LIBRARY AND DNNL_INCLUDE AND OpenMP_CXX_FOUND)
    # oneDNN's own threads are OpenMP's: seqlab turns them off and runs its workers instead.
    target_link_libraries(seqlab_headers INTERFACE ${DNNL_LIBRARY} OpenMP::OpenMP_CXX)
    target_compile_definitions(seqlab_headers INTERFACE SEQLAB_HAVE_ONEDNN)
    message(STATUS "Matrix products: oneDNN (${DNNL_LIBRARY}) and OpenBLAS (${OPENBLAS_LIBRARY})")
  else()
    message(STATUS "Matrix products: OpenBLAS (${OPENBLAS_LIBRARY}); oneDNN not found")
  endif()
endif()

if(SEQLAB_MPI)
  set(MPI_CXX_SKIP_MPICXX ON)
  find_package(MPI COMPONENTS CXX)
  if(MPI_CXX_FOUND)
    # The deprecated C++ bindings are not used.
    list(FILTER MPI_CXX_LIBRARIES EXCLUDE REGEX "mpi_cxx")
    message(STATUS "Training over several processes: MPI (${MPI_CXX_LIBRARIES})")
  else()
    message(STATUS "Training over several processes: off, since MPI was not found")
  endif()
endif()
