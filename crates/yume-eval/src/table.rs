//! Reports as text for a terminal, and several of them as a table in Markdown.

use std::fmt;

use crate::{Reconstruction, Report, Row};

/// Written where there is no figure.
const NONE: &str = "-";

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (cost, model) = (&self.cost, &self.model);
        writeln!(f, "{model}, {}: {} walks, {} segments", self.name, self.walks, self.segments)?;
        write!(f, "{} network evaluations, {:.2} s", cost.evaluations, cost.wall_secs)?;
        match cost.processor_secs {
            Some(secs) => writeln!(f, " and {secs:.2} s of processor time per segment")?,
            None => writeln!(f, " per segment")?,
        }
        write!(f, "{:<26}", "")?;
        let mut from = 0.0;
        for &end in &self.window_ends {
            write!(f, " {:>8}", format!("{from}-{end} s"))?;
            from = end;
        }
        writeln!(f, " {:>8} {:>8} {:>8} {:>8}", "all", "drift", "true", "lowest")?;
        for row in &self.rows {
            write!(f, "{:<26}", row.name)?;
            for &value in &row.windows {
                write!(f, " {:>8}", figure(value))?;
            }
            let drift = row.drift().map_or(NONE.to_owned(), |drift| format!("{drift:+.3}"));
            let (truth, lowest) = (figure(row.true_all), figure(row.lowest));
            writeln!(f, " {:>8} {drift:>8} {truth:>8} {lowest:>8}", figure(row.all))?;
        }
        let Reconstruction { psnr_db, ssim, sharpness, .. } = self.reconstruction;
        writeln!(
            f,
            "true frames through the VAE: {psnr_db:.1} dB, SSIM {ssim:.3}, sharpness {sharpness:.3}"
        )?;
        for (name, reason) in &self.unmeasured {
            writeln!(f, "{name:<26} not computed: {reason}")?;
        }
        writeln!(
            f,
            "{:<10} {:>12} {:>6} {:>17} {:>10}",
            "axis", "correlation", "gain", "true correlation", "true gain"
        )?;
        for axis in &self.obedience.axes {
            writeln!(
                f,
                "{:<10} {:>12.2} {:>6.2} {:>17.2} {:>10.2}",
                axis.name, axis.correlation, axis.gain, axis.true_correlation, axis.true_gain
            )?;
        }
        Ok(())
    }
}

/// Reports of one model, a line each, as a table in Markdown. Quantities are those of the whole walks,
/// except the PSNR against the reference, which is that of the first window, before the walks part.
pub fn comparison(reports: &[Report]) -> String {
    let mut text = String::from(
        "| | NFE | Seconds per segment | Processor seconds | Instruction following | Turns | \
         Subject | Background | Smoothness | Sharpness | Feature distance | PSNR to true frames | \
         to the reference | Drift of subject | of sharpness |\n\
         | --- | --: | --: | --: | --: | --: | --: | --: | --: | --: | --: | --: | --: | --: | --: |\n",
    );
    for report in reports {
        let row = |name: &str| report.row(name);
        let all = |name: &str| figure(row(name).and_then(|row| row.all));
        let first = |name: &str| row(name).and_then(|row| *row.windows.first()?);
        let drift = |name: &str| {
            let drift = row(name).and_then(Row::drift);
            drift.map_or(NONE.to_owned(), |drift| format!("{drift:+.3}"))
        };
        let cells = [
            report.name.clone(),
            report.cost.evaluations.to_string(),
            format!("{:.2}", report.cost.wall_secs),
            report.cost.processor_secs.map_or(NONE.to_owned(), |secs| format!("{secs:.2}")),
            all("instruction following"),
            all("turns followed"),
            all("subject consistency"),
            all("background consistency"),
            all("motion smoothness"),
            all("sharpness of true frames"),
            all("feature distance"),
            all("PSNR to true frames, dB"),
            figure(first("PSNR to the reference, dB")),
            drift("subject consistency"),
            drift("sharpness of true frames"),
        ];
        text.push_str(&format!("| {} |\n", cells.join(" | ")));
    }
    text
}

/// Three digits behind the point, or one of a large number.
fn figure(value: Option<f32>) -> String {
    match value {
        None => NONE.to_owned(),
        Some(value) if value.abs() >= 10.0 => format!("{value:.1}"),
        Some(value) => format!("{value:.3}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_as_long_as_they_mean() {
        for (value, expected) in
            [(None, "-"), (Some(0.12345), "0.123"), (Some(21.26), "21.3"), (Some(-0.5), "-0.500")]
        {
            assert_eq!(figure(value), expected);
        }
    }
}
