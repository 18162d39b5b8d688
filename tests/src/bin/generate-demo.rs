//! Writes the generated part of the demo data: `generate-demo OUTDIR`.
//!
//! The files it makes are committed in `data/demo`; what is in them says
//! `data/README.md`.

use std::error::Error;
use std::ffi::OsString;
use std::fs;
use std::path::PathBuf;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args_os().skip(1);
    let (Some(folder), None) = (arguments.next(), arguments.next()) else {
        return Err("usage: generate-demo OUTDIR".into());
    };
    write(folder)
}

fn write(folder: OsString) -> Result<(), Box<dyn Error>> {
    let folder = PathBuf::from(folder);
    fs::create_dir_all(&folder)?;
    for (name, bytes) in secgroup_tests::demo::files()? {
        let path = folder.join(name);
        fs::write(&path, bytes).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    Ok(())
}
