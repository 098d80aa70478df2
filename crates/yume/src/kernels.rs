//! What a GPU's kernels were tuned to and compiled into, kept from one start to the next.

use std::path::Path;

/// Keeps it in `folder` from now on, unless this program was built without that.
pub(crate) fn keep(folder: &Path) {
    #[cfg(feature = "kept-kernels")]
    {
        use cubecl_runtime::config::cache::CacheConfig;
        use cubecl_runtime::config::{CubeClRuntimeConfig, RuntimeConfig as _};

        let mut config = CubeClRuntimeConfig::from_current_dir().override_from_env();
        config.compilation.cache = true;
        config.environment.path = CacheConfig::Directory(folder.to_owned());
        CubeClRuntimeConfig::set(config);
    }
    #[cfg(not(feature = "kept-kernels"))]
    let _ = folder;
}

/// What becomes of it, for a person.
pub(crate) fn verdict(folder: &Path) -> String {
    if cfg!(feature = "kept-kernels") {
        format!("Kernels of a GPU are compiled and tuned once, and kept in {}.", folder.display())
    } else {
        "Kernels of a GPU are compiled and tuned at every start, unless the program is built with \
         --features kept-kernels."
            .to_owned()
    }
}
