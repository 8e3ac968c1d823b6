//! Values that are written in words: `random 0 to 800 ms`, `3 layers of 8 MiB`, `any of versions`.

use std::time::Duration;

use super::{
    ImageWords, Wait,
    unit::{parse_duration, parse_size},
};

/// The most layers of an image that is made up.
const MOST_LAYERS: u64 = 1000;

/// `500ms`, or `random 0 to 800 ms`: both ends in the unit that stands at the end, or each with its own.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn parse_wait(text: &str) -> Result<Wait, String> {
    let Some(range) = text.strip_prefix("random ") else {
        let wait = parse_duration(text).map_err(|error| error.to_string())?;
        return Ok(Wait {
            least: wait,
            most: wait,
        });
    };
    let (least, most) = range
        .split_once(" to ")
        .ok_or_else(|| format!("`{text}` does not say from where to where"))?;
    let unit = most.trim_start_matches(|character: char| character.is_ascii_digit() || character == ' ');
    let least = if least.bytes().all(|byte| byte.is_ascii_digit()) {
        format!("{least}{unit}")
    } else {
        least.to_owned()
    };
    let parse = |text: &str| parse_duration(text).map_err(|error| error.to_string());
    let wait = Wait {
        least: parse(&least)?,
        most: parse(most)?,
    };
    if wait.most <= wait.least {
        return Err(format!("in `{text}` the second time is not the longer one"));
    }
    Ok(wait)
}

/// An image in words; none if it is a name.
///
/// # Errors
/// It has spaces, as no name has, and is none of the words.
pub(crate) fn parse_image(text: &str) -> Result<Option<ImageWords>, String> {
    if !text.trim().contains(' ') {
        return Ok(None);
    }
    if let Some(name) = text.strip_prefix("any of ") {
        return Ok(Some(ImageWords::AnyOf(name.trim().to_owned())));
    }
    let wrong = || format!("`{text}` describes no image");
    let (count, size) = text
        .split_once(" layers of ")
        .or_else(|| text.split_once(" layer of "))
        .ok_or_else(wrong)?;
    let number = |text: &str| text.trim().parse::<u64>().map_err(|_| wrong());
    let (least, most) = match count.strip_prefix("random ") {
        None => (number(count)?, number(count)?),
        Some(range) => {
            let (least, most) = range.split_once(" to ").ok_or_else(wrong)?;
            (number(least)?, number(most)?)
        }
    };
    if most < least || most > MOST_LAYERS {
        return Err(format!(
            "an image has from 0 to {MOST_LAYERS} layers, the smaller number first"
        ));
    }
    let (size, up_to) = match size.strip_prefix("up to ") {
        Some(size) => (size, true),
        None => (size, false),
    };
    Ok(Some(ImageWords::Layers {
        least,
        most,
        size: parse_size(size.trim()).map_err(|error| error.to_string())?,
        up_to,
    }))
}

impl Wait {
    /// The time, with `random` below a number.
    pub fn choose(self, random: impl FnOnce(u64) -> u64) -> Duration {
        let range = u64::try_from(self.most.saturating_sub(self.least).as_millis()).unwrap_or(u64::MAX);
        if range == 0 {
            return self.least;
        }
        self.least + Duration::from_millis(random(range + 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_a_time_or_a_random_one() {
        let wait = |least: u64, most: u64| {
            Ok(Wait {
                least: Duration::from_millis(least),
                most: Duration::from_millis(most),
            })
        };
        assert_eq!(parse_wait("1s"), wait(1000, 1000));
        assert_eq!(parse_wait("random 0 to 800 ms"), wait(0, 800));
        assert_eq!(parse_wait("random 500ms to 2s"), wait(500, 2000));
        for text in ["random 5", "random 2 to 1 s", "random a to b", "1", "random 1 to 2"] {
            assert!(parse_wait(text).is_err(), "{text}");
        }
        assert_eq!(parse_wait("2s").unwrap().choose(|_| 9), Duration::from_secs(2));
        let random = parse_wait("random 1 to 3 s").unwrap();
        assert_eq!(random.choose(|below| below - 1), Duration::from_secs(3));
        assert_eq!(random.choose(|_| 0), Duration::from_secs(1));
    }

    #[test]
    fn an_image_is_a_name_or_described() {
        let layers = |least, most, size, up_to| {
            Ok(Some(ImageWords::Layers {
                least,
                most,
                size,
                up_to,
            }))
        };
        assert_eq!(parse_image("plain"), Ok(None));
        assert_eq!(parse_image("3 layers of 8 MiB"), layers(3, 3, 8 << 20, false));
        assert_eq!(parse_image("1 layer of 9"), layers(1, 1, 9, false));
        assert_eq!(
            parse_image("random 1 to 5 layers of up to 2 MiB"),
            layers(1, 5, 2 << 20, true)
        );
        assert_eq!(
            parse_image("any of versions"),
            Ok(Some(ImageWords::AnyOf("versions".to_owned())))
        );
        for text in [
            "three layers of 8 MiB",
            "3 layers",
            "5 to 1 layers of 9",
            "random 5 to 1 layers of 9",
            "a b",
        ] {
            assert!(parse_image(text).is_err(), "{text}");
        }
    }
}
