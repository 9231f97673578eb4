//! What strangers say of what we pack: dpkg, lintian, rpm, tar, unzip, ruby, systemd.

use std::path::Path;

use super::artifacts::Artifacts;
use super::contents::Contents;
use super::generated::Generated;
use super::licences::Licences;
use super::variant::Variant;
use crate::image::About;
use crate::tool::Tool;
use crate::workspace;

/// All artifacts of a target, with a script as the binary.
fn artifacts(folder: &Path, target: &str) {
    let about = About {
        // A time to come would be replaced in an .rpm by now.
        time: 1_700_000_000,
        revision: "abc".to_owned(),
        version: "1.2.3",
    };
    let file = |name: &str| (name.to_owned(), format!("# {name}\n").into_bytes());
    let page = ".TH iamra 1\n.SH NAME\niamra \\- credentials\n";
    let generated = Generated {
        completions: ["_iamra", "_iamra.ps1", "iamra.bash", "iamra.fish"]
            .map(file)
            .into(),
        man_pages: vec![("iamra.1".to_owned(), page.as_bytes().to_vec())],
    };
    let variant: Variant = target.parse().unwrap();
    let contents = Contents {
        variant,
        binary: b"#!/bin/sh\necho \"$0\"\n".to_vec(),
        licences: Licences {
            third_party: "texts".to_owned(),
            rust_library: "<html></html>".to_owned(),
        },
        sbom: b"{}".to_vec(),
        generated: &generated,
    };
    let mut artifacts = Artifacts::new(folder, about).unwrap();
    contents.write(&mut artifacts).unwrap();
    artifacts.finish().unwrap();
}

/// What a script prints in a folder with the artifacts; `None`, said loudly, where a
/// program that it needs is absent.
fn say(programs: &[&str], target: &str, script: &str) -> Option<String> {
    for program in programs {
        let there = Tool::new("sh")
            .arg("-c")
            .arg(format!("command -v {program}"));
        if there.output().is_err() {
            println!("SKIPPED: there is no {program} on PATH");
            return None;
        }
    }
    let folder = tempfile::tempdir().unwrap();
    artifacts(folder.path(), target);
    let script = format!("cd \"$0\" && set -e\n{script}");
    let shell = Tool::new("sh").arg("-c").arg(script).arg(folder.path());
    Some(shell.output().unwrap())
}

#[test]
#[ignore = "needs real peers: cargo xtask test --peers"]
fn dpkg_reads_the_deb() {
    let script = "dpkg-deb --info iamra_1.2.3-1_arm64.deb\n\
                  dpkg-deb --contents iamra_1.2.3-1_arm64.deb\n\
                  dpkg-deb --raw-extract iamra_1.2.3-1_arm64.deb out\n\
                  (cd out && md5sum --check --quiet DEBIAN/md5sums)\n\
                  for it in out/DEBIAN/p*; do sh -n \"$it\"; done\n\
                  out/usr/bin/docker-credential-iamra\n\
                  out/usr/lib/iamra/aws_signing_helper";
    let Some(said) = say(&["dpkg-deb"], "linux-arm64", script) else {
        return;
    };
    for expected in [
        " Version: 1.2.3-1\n",
        " Architecture: arm64\n",
        " usr/share/bash-completion/completions/iamra\n",
        " usr/share/zsh/vendor-completions/_iamra\n",
        " usr/lib/systemd/system/iamra-creds-serve.socket\n",
        " usr/lib/sysusers.d/iamra.conf\n",
        " usr/bin/iamra-credential-provider -> iamra\n",
        "\nout/usr/bin/docker-credential-iamra\n",
        "\nout/usr/lib/iamra/aws_signing_helper\n",
    ] {
        assert!(said.contains(expected), "{expected} is not in\n{said}");
    }
    assert!(!said.contains("/etc/"), "{said}");
}

#[test]
#[ignore = "needs real peers: cargo xtask test --peers"]
fn lintian_finds_no_error() {
    // The address of the maintainers is not decided; a script is not of one machine.
    let script = "lintian --allow-root --fail-on error \
                  --suppress-tags malformed-contact,arch-dependent-file-in-usr-share \
                  iamra_1.2.3-1_amd64.deb";
    if let Some(said) = say(&["lintian"], "linux-amd64", script) {
        assert!(!said.lines().any(|line| line.starts_with("E:")), "{said}");
    }
}

#[test]
#[ignore = "needs real peers: cargo xtask test --peers"]
fn rpm_reads_the_rpm() {
    let script = "rpm=iamra-1.2.3-1.x86_64.rpm\n\
                  mkdir db out && rpm() { command rpm --dbpath \"$PWD/db\" \"$@\"; }\n\
                  rpm -K --nosignature $rpm\n\
                  rpm -qip $rpm 2>&1\nrpm -qlvp $rpm 2>&1\nrpm -qp --scripts $rpm 2>&1\n\
                  rpm2cpio $rpm | (cd out && cpio --extract --make-directories --quiet)\n\
                  out/usr/bin/docker-credential-iamra";
    let programs = ["rpm", "rpm2cpio", "cpio"];
    let Some(said) = say(&programs, "linux-amd64", script) else {
        return;
    };
    for expected in [
        ": digests OK\n",
        "Version     : 1.2.3\n",
        "License     : MIT OR Apache-2.0\n",
        "/usr/share/licenses/iamra/THIRD-PARTY.txt\n",
        "/usr/share/zsh/site-functions/_iamra\n",
        "/usr/bin/iamra-credential-provider -> iamra\n",
        "systemd-sysusers iamra.conf\n",
        "\nout/usr/bin/docker-credential-iamra\n",
    ] {
        assert!(said.contains(expected), "{expected} is not in\n{said}");
    }
    // These are removed with it, and none that is another's.
    let folders = said.lines().filter(|line| line.starts_with('d'));
    let folders: Vec<_> = folders
        .filter_map(|it| it.split_whitespace().last())
        .collect();
    assert_eq!(
        folders,
        [
            "/usr/lib/iamra",
            "/usr/share/doc/iamra",
            "/usr/share/doc/iamra/examples",
            "/usr/share/licenses/iamra",
            "/usr/share/sbom",
        ]
    );
}

/// As in a chroot, which has no running systemd.
#[test]
#[ignore = "needs real peers: cargo xtask test --peers"]
fn a_removal_leaves_no_unit_enabled() {
    let script = "dpkg-deb --raw-extract iamra_1.2.3-1_amd64.deb out\n\
                  real=$(command -v systemctl) && mkdir bin\n\
                  printf '#!/bin/sh\\n[ \"$1\" = stop ] || exec %s --root=%s \"$@\"\\n' \
                  \"$real\" \"$PWD/out\" > bin/systemctl\n\
                  chmod +x bin/systemctl && PATH=$PWD/bin:$PATH\n\
                  systemctl enable iamra-run@a iamra-run@b iamra-creds-serve 2>&1\n\
                  find out/etc -type l | sort\n\
                  echo removed\nout/DEBIAN/prerm remove 2>&1\n\
                  find out/etc -type l";
    let programs = ["dpkg-deb", "systemctl"];
    let Some(said) = say(&programs, "linux-amd64", script) else {
        return;
    };
    let (before, after) = said.split_once("\nremoved").unwrap();
    for link in ["iamra-run@b.service", "iamra-creds-serve.socket"] {
        let link = format!("wants/{link}\n");
        assert!(format!("{before}\n").contains(&link), "{said}");
    }
    assert!(!after.contains("\nout/"), "{said}");
}

#[test]
#[ignore = "needs real peers: cargo xtask test --peers"]
fn tar_and_sha256sum_read_the_archive() {
    let script = "sha256sum --check SHA256SUMS\n\
                  tar -xzf iamra-1.2.3-linux-amd64.tar.gz\n\
                  iamra-1.2.3-linux-amd64/iamra\n(cd iamra-1.2.3-linux-amd64 && ls)";
    let Some(said) = say(&["sha256sum", "tar"], "linux-amd64", script) else {
        return;
    };
    for expected in [
        "iamra.rb: OK\n",
        "\niamra-1.2.3-linux-amd64/iamra\n",
        "\nTHIRD-PARTY.txt\n",
        "\nman\n",
        "\nsystemd\n",
    ] {
        assert!(said.contains(expected), "{expected} is not in\n{said}");
    }
}

#[test]
#[ignore = "needs real peers: cargo xtask test --peers"]
fn python_reads_the_zip() {
    let script = "python3 -m zipfile --list iamra-1.2.3-windows-amd64.zip";
    if let Some(said) = say(&["python3"], "windows-amd64", script) {
        assert!(
            said.contains("iamra-1.2.3-windows-amd64/iamra.exe"),
            "{said}"
        );
        assert!(!said.contains("systemd"), "{said}");
    }
}

#[test]
#[ignore = "needs real peers: cargo xtask test --peers"]
fn ruby_reads_the_formula() {
    if let Some(said) = say(&["ruby"], "darwin-arm64", "ruby -c iamra.rb") {
        assert_eq!(said.trim(), "Syntax OK");
    }
}

/// Two of the same commit.
#[test]
fn the_same_is_packed_alike() {
    for target in ["linux-amd64", "windows-amd64"] {
        let folders = [(); 2].map(|()| tempfile::tempdir().unwrap());
        let sums = folders.each_ref().map(|folder| {
            artifacts(folder.path(), target);
            workspace::read(&folder.path().join("SHA256SUMS")).unwrap()
        });
        assert_eq!(sums[0], sums[1]);
    }
}

#[test]
#[ignore = "needs real peers: cargo xtask test --peers"]
fn systemd_accepts_the_units_and_finds_them_confined() {
    let unit = "mkdir units && for it in \"$UNITS\"/*.service \"$UNITS\"/*.socket; do\n\
                sed s,/usr/local/bin/iamra,/bin/true, \"$it\" > units/${it##*/}; done\n\
                systemd-analyze verify --man=no units/* 2>&1\n\
                for it in units/*.service; do\n\
                systemd-analyze security --offline=true --threshold=20 \"$it\" > level\n\
                tail -n 1 level; done";
    let folder = workspace::root().join("deploy/systemd");
    let script = format!("UNITS='{}'\n{unit}", folder.display());
    let Some(said) = say(&["systemd-analyze"], "windows-amd64", &script) else {
        return;
    };
    let (levels, complaints): (Vec<_>, Vec<_>) = said
        .lines()
        .partition(|line| line.contains("Overall exposure level"));
    assert!(complaints.is_empty(), "{complaints:?}");
    assert_eq!(levels.len(), 4);
}

/// What the static binary cannot do. Of the last `cargo xtask dist`.
#[test]
#[ignore = "needs real peers: cargo xtask test --peers"]
fn the_build_with_pkcs11_signs_with_a_token() {
    let variant: Variant = "linux-amd64-pkcs11".parse().unwrap();
    let binary = variant.recipe.binary();
    if !binary.exists() || cfg!(not(target_arch = "x86_64")) {
        println!("SKIPPED: there is no {variant} that runs here: cargo xtask dist");
        return;
    }
    let script = format!("export IAMRA='{}'\n{TOKEN}", binary.display());
    if let Some(said) = say(&["softhsm2-util"], "darwin-arm64", &script) {
        assert!(said.contains("\naccount         123456789012\n"), "{said}");
        // And it asks for no newer C library than it says.
        let asked: Vec<_> = said.lines().filter(|it| it.contains("GLIBC_")).collect();
        assert_eq!(asked, ["GLIBC_2.17"], "{said}");
    }
}

/// A certificate of the sandbox's Vault, whose key is on a token only.
const TOKEN: &str = r#"
export SOFTHSM2_CONF="$PWD/conf"
mkdir tokens && echo "directories.tokendir = $PWD/tokens" > conf && printf 1234 > pin
for LIB in /usr/lib/softhsm/libsofthsm2.so /usr/lib/*/softhsm/libsofthsm2.so; do
    if [ -e "$LIB" ]; then break; fi
done
export LIB
softhsm2-util --init-token --free --label iamra --pin 1234 --so-pin 1234
"$IAMRA" sandbox -- sh -eu -c '
iamra cert issue --out-dir app
softhsm2-util --import app/private.pem --token iamra --label key --id 01 --pin 1234
rm app/private.pem
iamra creds check --certificate app/cert.pem --intermediates app/chain.pem \
    --private-key "pkcs11:token=iamra;object=key" --pkcs11-lib "$LIB" --pkcs11-pin-file pin'
grep --text --only-matching "GLIBC_2[.][0-9]*" "$IAMRA" | sort --version-sort --unique | tail -n 1
"#;
