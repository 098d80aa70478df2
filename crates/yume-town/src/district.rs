//! Parts of a town that differ: how much of it is park, water, shops, and how its houses are built.

use std::{fmt, str::FromStr};

/// What a whole town is built like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum District {
    /// A little of everything, without water. The first weights were trained on it alone.
    #[default]
    Mixed,
    /// Lawns, trees and ponds between few houses.
    Park,
    /// A shop in every house, and small squares.
    Market,
    /// Canals instead of every second street.
    Canal,
    /// Tall houses with flat roofs.
    Towers,
    /// Low houses under ridges, with gardens.
    Village,
}

impl District {
    /// All districts.
    pub const ALL: [Self; 6] =
        [Self::Mixed, Self::Park, Self::Market, Self::Canal, Self::Towers, Self::Village];

    /// The word for it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Mixed => "mixed",
            Self::Park => "park",
            Self::Market => "market",
            Self::Canal => "canal",
            Self::Towers => "towers",
            Self::Village => "village",
        }
    }

    pub(crate) fn manner(self) -> Manner {
        let mixed = Manner {
            parks: None,
            squares: 0.04,
            gardens: 0.0,
            has_paths: false,
            has_ponds: false,
            has_canals: false,
            lawn_trees: 0.3,
            floors: [2, 4],
            tall: None,
            taller_by: [1, 4],
            shops: 0.55,
            gables: 0.55,
        };
        match self {
            Self::Mixed => mixed,
            Self::Park => Manner {
                parks: Some(0.85),
                has_paths: true,
                has_ponds: true,
                lawn_trees: 0.24,
                ..mixed
            },
            Self::Market => {
                Manner { parks: Some(0.02), squares: 0.16, shops: 1.0, floors: [2, 3], ..mixed }
            }
            Self::Canal => Manner { parks: Some(0.05), has_canals: true, gables: 0.8, ..mixed },
            Self::Towers => Manner {
                parks: Some(0.08),
                floors: [5, 8],
                tall: Some(0.85),
                taller_by: [3, 10],
                gables: 0.0,
                ..mixed
            },
            Self::Village => Manner {
                parks: Some(0.2),
                gardens: 0.4,
                floors: [1, 2],
                tall: Some(0.0),
                shops: 0.1,
                gables: 1.0,
                ..mixed
            },
        }
    }
}

/// What a district does differently; shares and chances are from 0 to 1.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Manner {
    /// Share of blocks that are park; drawn for the town if it is not said.
    pub(crate) parks: Option<f32>,
    /// Share of lots that are a square, and that are a garden.
    pub(crate) squares: f32,
    pub(crate) gardens: f32,
    /// Whether every second street is a path over lawns.
    pub(crate) has_paths: bool,
    /// Whether a park has a pond where it is large enough.
    pub(crate) has_ponds: bool,
    /// Whether every second street along each axis is a canal.
    pub(crate) has_canals: bool,
    /// Chance of a tree on each 4 m of lawn.
    pub(crate) lawn_trees: f32,
    /// Least and most floors of a house.
    pub(crate) floors: [u32; 2],
    /// Chance that a wide house has more floors; drawn for the town if it is not said.
    pub(crate) tall: Option<f32>,
    /// How many more.
    pub(crate) taller_by: [u32; 2],
    pub(crate) shops: f32,
    pub(crate) gables: f32,
}

/// A word that names no district.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownDistrict(String);

impl fmt::Display for UnknownDistrict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = District::ALL.map(District::word).join(", ");
        write!(f, "no district is called {:?}; say one of {words}", self.0)
    }
}

impl std::error::Error for UnknownDistrict {}

impl FromStr for District {
    type Err = UnknownDistrict;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_meant = |district: &Self| district.word() == text;
        let found = Self::ALL.into_iter().find(is_meant);
        found.ok_or_else(|| UnknownDistrict(text.chars().take(40).collect()))
    }
}

#[cfg(test)]
mod tests {
    use yume_motion::walk::WalkRule;
    use yume_motion::{Motion, Travel, Turn};

    use super::District;
    use crate::town::{Ground, Town};
    use crate::walk::{BODY, Walk};

    fn share(town: &Town, is_meant: impl Fn(&Ground) -> bool) -> f32 {
        let count = town.cells.iter().filter(|cell| is_meant(&cell.ground)).count();
        count as f32 / town.cells.len() as f32
    }

    fn floors(town: &Town) -> f32 {
        town.lots.iter().map(|lot| (lot.upper_floors + 1) as f32).sum::<f32>()
            / town.lots.len() as f32
    }

    #[test]
    fn districts_are_what_they_are_called() {
        for seed in 0..8 {
            let [mixed, park, market, canal, towers, village] =
                District::ALL.map(|district| Town::of(seed, district));
            let green = |town: &Town| share(town, |ground| *ground == Ground::Grass);
            let water = |town: &Town| share(town, |ground| *ground == Ground::Water);
            assert!(green(&park) > green(&mixed) + 0.1, "{} {}", green(&park), green(&mixed));
            assert!(water(&park) > 0.05 && water(&canal) > 0.04, "town {seed}");
            assert!([&mixed, &market, &towers, &village].iter().all(|town| water(town) == 0.0));
            assert!(market.lots.iter().all(|lot| lot.shop));
            assert!(floors(&towers) > 2.0 * floors(&mixed));
            assert!(floors(&village) < 0.6 * floors(&mixed));
        }
    }

    #[test]
    fn nobody_walks_on_water() {
        for district in [District::Park, District::Canal] {
            let town = Town::of(3, district);
            for place in 0..24 {
                let start = town.spawn(place);
                assert!(town.is_free(start.x, start.y, BODY), "{district:?} {place}");
                for travel in [Travel::Forward, Travel::Left, Travel::Right] {
                    let mut walk = Walk::new(&town, start, WalkRule::TINY_V0);
                    let poses = walk.segment(Motion { travel, turn: Turn::Still }, 320).poses;
                    let is_wet = poses.iter().any(|pose| {
                        town.cells[town.cell_at(pose.x, pose.y)].ground == Ground::Water
                    });
                    assert!(!is_wet, "{district:?} {place} {travel:?}");
                }
            }
        }
    }

    #[test]
    fn words_are_read_back() {
        for district in District::ALL {
            assert_eq!(district.word().parse(), Ok(district));
        }
        let error = "harbour".parse::<District>().unwrap_err();
        assert!(error.to_string().contains("\"harbour\""), "{error}");
    }
}
