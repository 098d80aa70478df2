//! How people may say what a scene is like: the texts that a model is shown in training.

use yume_town::{Scene, Season, TimeOfDay, Weather};

use crate::dice::Dice;

const fn times(time: TimeOfDay) -> &'static [&'static str] {
    match time {
        TimeOfDay::Noon => &["noon", "at noon", "midday", "a sunny day"],
        TimeOfDay::Morning => &["morning", "in the morning", "at dawn", "sunrise"],
        TimeOfDay::Sunset => &["sunset", "at sunset", "in the evening", "at dusk"],
        TimeOfDay::Overcast => &["overcast", "a cloudy day", "a grey day", "a grey sky"],
        TimeOfDay::Night => &["night", "at night", "midnight", "a night"],
    }
}

const fn weathers(weather: Weather) -> &'static [&'static str] {
    match weather {
        Weather::Clear => &["", "", "clear", "a clear sky"],
        Weather::Fog => &["fog", "in the fog", "foggy", "misty"],
        Weather::Rain => &["rain", "in the rain", "rainy", "wet"],
    }
}

const fn seasons(season: Season) -> &'static [&'static str] {
    match season {
        Season::Summer => &["", "", "", "summer"],
        Season::Autumn => &["autumn", "in autumn", "fall", "autumn"],
        Season::Winter => &["winter", "in the snow", "snow", "snowy"],
    }
}

/// One way to say it, as the dice fall.
pub fn phrase(scene: &Scene, dice: &mut Dice) -> String {
    let mut pick = |list: &[&'static str]| list[dice.below(list.len())];
    let parts =
        [pick(times(scene.time)), pick(weathers(scene.weather)), pick(seasons(scene.season))];
    let said: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    said.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dice::Purpose;

    #[test]
    fn every_phrase_is_understood_by_the_town_and_its_words_are_in_the_recipe() {
        let recipe: serde_json::Value =
            serde_json::from_str(include_str!("../../configs/tiny.json")).unwrap();
        let words: Vec<&str> =
            recipe["words"].as_array().unwrap().iter().filter_map(|word| word.as_str()).collect();
        for time in TimeOfDay::ALL {
            for weather in Weather::ALL {
                for number in 0..60 {
                    let season = Season::ALL[number % 3];
                    let scene = Scene { season, ..Scene::new(time, weather) };
                    let mut dice = Dice::new(1, Purpose::Lessons, number as u64);
                    let said = phrase(&scene, &mut dice);
                    assert_eq!(said.parse(), Ok(scene), "{said}");
                    for word in said.split([' ', ',']).filter(|word| !word.is_empty()) {
                        assert!(words.contains(&word), "{word} is not in configs/tiny.json");
                    }
                }
            }
        }
    }
}
