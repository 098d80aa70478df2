//! What the user may say about a view of the town: the time of day, the weather and the season, as words.

use std::{fmt, str::FromStr};

/// Where the sun stands and what colour the light has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum TimeOfDay {
    /// High sun, blue sky, fair-weather clouds.
    #[default]
    Noon,
    /// Low sun, pale warm light, long shadows.
    Morning,
    /// Sun at the horizon, red light, first windows lit.
    Sunset,
    /// Closed grey sky, no shadows.
    Overcast,
    /// Stars, street lamps and lit windows.
    Night,
}

impl TimeOfDay {
    /// All times of day.
    pub const ALL: [Self; 5] =
        [Self::Noon, Self::Morning, Self::Sunset, Self::Overcast, Self::Night];

    /// The word for it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Noon => "noon",
            Self::Morning => "morning",
            Self::Sunset => "sunset",
            Self::Overcast => "overcast",
            Self::Night => "night",
        }
    }
}

/// What the air and the ground are like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Weather {
    /// Far sight, dry ground.
    #[default]
    Clear,
    /// Houses fade within a few dozen metres.
    Fog,
    /// Hazy, with wet ground that mirrors the street.
    Rain,
}

impl Weather {
    /// All kinds of weather.
    pub const ALL: [Self; 3] = [Self::Clear, Self::Fog, Self::Rain];

    /// The word for it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Clear => "clear",
            Self::Fog => "fog",
            Self::Rain => "rain",
        }
    }
}

/// The time of year.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Season {
    /// Green leaves and flowers in the grass.
    #[default]
    Summer,
    /// Yellow and red leaves, many of them on the ground.
    Autumn,
    /// Snow on trees, roofs and grass, and trodden snow on the streets.
    Winter,
}

impl Season {
    /// All seasons.
    pub const ALL: [Self; 3] = [Self::Summer, Self::Autumn, Self::Winter];

    /// The word for it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Summer => "summer",
            Self::Autumn => "autumn",
            Self::Winter => "winter",
        }
    }
}

/// The light a view is rendered in. The default is the clear noon that the first weights were trained on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scene {
    /// Time of day.
    pub time: TimeOfDay,
    /// Weather.
    pub weather: Weather,
    /// Season.
    pub season: Season,
    /// Direction from which the sun shines, in radians: 0 is the x axis of the town, counter-clockwise from above.
    pub sun_azimuth: f32,
}

impl Default for Scene {
    fn default() -> Self {
        Self {
            time: TimeOfDay::Noon,
            weather: Weather::Clear,
            season: Season::Summer,
            sun_azimuth: 0.9,
        }
    }
}

/// A word that names neither a time of day nor a weather nor a season.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownWord(String);

impl fmt::Display for UnknownWord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no scene is called {:?}; say ", self.0)?;
        for time in TimeOfDay::ALL {
            write!(f, "{}, ", time.word())?;
        }
        write!(f, "clear, fog, rain, summer, autumn or winter")
    }
}

impl std::error::Error for UnknownWord {}

impl Scene {
    /// A scene with the default direction of the sun.
    #[must_use]
    pub fn new(time: TimeOfDay, weather: Weather) -> Self {
        Self { time, weather, ..Self::default() }
    }

    /// The words for a caption, which [`str::parse`] reads back: "clear noon", "rain night", "fog winter morning".
    #[must_use]
    pub fn words(&self) -> String {
        let (weather, time) = (self.weather.word(), self.time.word());
        match self.season {
            Season::Summer => format!("{weather} {time}"),
            season => format!("{weather} {} {time}", season.word()),
        }
    }
}

impl FromStr for Scene {
    type Err = UnknownWord;

    /// Reads words in any order and letter case, separated by spaces, commas or hyphens; of several words for one thing the
    /// last counts, and what is not said is as in the default scene.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut scene = Self::default();
        for word in text.split(|c: char| c.is_whitespace() || ",-_+".contains(c)) {
            match word.to_lowercase().as_str() {
                "" | "a" | "an" | "the" | "at" | "in" | "and" | "with" | "day" | "sky" => {}
                "noon" | "midday" | "sunny" => scene.time = TimeOfDay::Noon,
                "morning" | "dawn" | "sunrise" => scene.time = TimeOfDay::Morning,
                "sunset" | "dusk" | "evening" => scene.time = TimeOfDay::Sunset,
                "overcast" | "cloudy" | "grey" | "gray" => scene.time = TimeOfDay::Overcast,
                "night" | "midnight" => scene.time = TimeOfDay::Night,
                "clear" | "dry" | "fair" => scene.weather = Weather::Clear,
                "fog" | "foggy" | "mist" | "misty" => scene.weather = Weather::Fog,
                "rain" | "rainy" | "wet" => scene.weather = Weather::Rain,
                "summer" => scene.season = Season::Summer,
                "autumn" | "fall" => scene.season = Season::Autumn,
                "winter" | "snow" | "snowy" => scene.season = Season::Winter,
                _ => return Err(UnknownWord(word.chars().take(40).collect())),
            }
        }
        Ok(scene)
    }
}

#[cfg(test)]
mod tests {
    use super::{Scene, Season, TimeOfDay, Weather};

    #[test]
    fn words_are_read_back() {
        for time in TimeOfDay::ALL {
            for weather in Weather::ALL {
                for season in Season::ALL {
                    let scene = Scene { season, ..Scene::new(time, weather) };
                    assert_eq!(scene.words().parse(), Ok(scene));
                }
            }
        }
    }

    #[test]
    fn people_may_say_it_their_way() {
        let table = [
            ("", TimeOfDay::Noon, Weather::Clear),
            ("Rainy NIGHT", TimeOfDay::Night, Weather::Rain),
            ("a foggy, grey day", TimeOfDay::Overcast, Weather::Fog),
            ("sunset-wet", TimeOfDay::Sunset, Weather::Rain),
        ];
        for (text, time, weather) in table {
            assert_eq!(text.parse(), Ok(Scene::new(time, weather)), "{text:?}");
        }
    }

    #[test]
    fn an_unknown_word_is_named() {
        let error = "stormy noon".parse::<Scene>().unwrap_err();
        assert!(error.to_string().contains("\"stormy\""), "{error}");
    }
}
