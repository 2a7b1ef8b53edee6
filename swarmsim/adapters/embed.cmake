# Adapters as a table of raw strings: swarmlab_embed_adapters(OUTPUT FILE...)
function(swarmlab_embed_adapters output)
  set(rows "")
  foreach(file ${ARGN})
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
    get_filename_component(name ${file} NAME_WE)
    file(READ ${file} text)
    string(APPEND rows "    BuiltInAdapter{\"${name}\", R\"adapter(${text})adapter\"},\n")
  endforeach()
  file(CONFIGURE OUTPUT ${output} CONTENT [[// Made from swarmsim/adapters/*.yaml.
#include <array>

#include "swarmsim/lab/adapter_catalogue.hpp"

namespace swarmlab::swarmsim {
namespace {

constexpr std::array kAdapters{
@rows@};

}  // namespace

std::span<const BuiltInAdapter> built_in_adapters() { return kAdapters; }

}  // namespace swarmlab::swarmsim
]] @ONLY)
endfunction()
