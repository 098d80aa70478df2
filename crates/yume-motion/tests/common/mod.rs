//! Reads the little of the safetensors format that the golden file needs.

/// A golden file: eight bytes of header length, a JSON header, the data.
pub(crate) struct Golden {
    header: String,
    data: Vec<u8>,
}

impl Golden {
    pub(crate) fn open(path: &str) -> Self {
        let file = std::fs::read(path).unwrap();
        let length = u64::from_le_bytes(file[..8].try_into().unwrap()) as usize;
        let header = String::from_utf8(file[8..8 + length].to_vec()).unwrap();
        Self { header, data: file[8 + length..].to_vec() }
    }

    pub(crate) fn bytes(&self, name: &str) -> &[u8] {
        let (_, entry) = self.header.split_once(&format!("\"{name}\":")).unwrap();
        let (_, offsets) = entry.split_once("\"data_offsets\":[").unwrap();
        let (begin, end) = offsets.split_once(']').unwrap().0.split_once(',').unwrap();
        &self.data[begin.trim().parse().unwrap()..end.trim().parse().unwrap()]
    }

    pub(crate) fn floats(&self, name: &str) -> Vec<f32> {
        self.bytes(name)
            .chunks_exact(4)
            .map(|b| f32::from_le_bytes(b.try_into().unwrap()))
            .collect()
    }
}

/// The largest difference, with lengths that must agree.
#[track_caller]
pub(crate) fn check_close(name: &str, found: &[f32], wanted: &[f32], tolerance: f32) {
    assert_eq!(found.len(), wanted.len(), "{name}: length");
    let worst = found.iter().zip(wanted).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    println!("{name}: {worst:e}");
    assert!(worst <= tolerance, "{name}: differs by {worst:e}, allowed {tolerance:e}");
    assert!(found.iter().all(|v| v.is_finite()), "{name}: not finite");
}
