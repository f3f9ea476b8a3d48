//! Writes the JavaScript bindings of a wasm file that cargo built:
//! `prollite-build INPUT.wasm OUT_DIR NAME` leaves `NAME.js`, `NAME.d.ts` and `NAME_bg.wasm` in `OUT_DIR`.
//! With `PROLLITE_WASM_NAMES` set the functions keep their names, for profiles.

use std::process::ExitCode;

use wasm_bindgen_cli_support::Bindgen;

mod trim;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [input, out_dir, name] = arguments.as_slice() else {
        eprintln!("usage: prollite-build INPUT.wasm OUT_DIR NAME");
        return ExitCode::from(2);
    };
    let mut bindgen = Bindgen::new();
    bindgen
        .input_path(input)
        .out_name(name)
        .typescript(true)
        .omit_default_module_path(false)
        .remove_name_section(std::env::var_os("PROLLITE_WASM_NAMES").is_none())
        .remove_producers_section(true);
    let outcome = bindgen.web(true).and_then(|bindgen| bindgen.generate_output()).and_then(|mut output| {
        trim::trim(output.wasm_mut()).map_err(anyhow::Error::msg)?;
        output.emit(out_dir)
    });
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("prollite-build: {input}: {error:#}");
            ExitCode::FAILURE
        }
    }
}
