//! `race`: who races what, for how long, and the model.

use std::time::Duration;

use super::super::{
    Model, Race, Racers,
    diagnostic::Code,
    keys, suggestion,
    tree::{Kind, Node},
};
use super::{Decoder, step::StepFields};

/// The longest race, in seconds.
const LONGEST: f64 = 60.0;

impl Decoder<'_> {
    pub(super) fn race(&mut self, step: &StepFields<'_>) -> Option<Race> {
        let fields = self.fields(step.value(), &keys::RACE)?;
        let lasts = self
            .required(
                &fields,
                "seconds",
                "write how long it lasts: `seconds: 2`, `seconds: 0.3`",
            )
            .and_then(|node| self.seconds(node));
        let clients = self
            .required(
                &fields,
                "clients",
                "write who races: `- { count: 4, do: { push: { image: any of versions, to: \"app:1\" } } }`",
            )
            .and_then(|node| self.racers(node));
        let models = [Model::RegisterPerTag, Model::SetOfBlobs, Model::UploadSession];
        let names = models.map(Model::name);
        let help = format!(
            "write what their history has to be of: {}",
            suggestion::list(&names, "or")
        );
        let model = self
            .required(&fields, "model", &help)
            .and_then(|node| self.one_of(node, "a model", &names))
            .and_then(|name| models.into_iter().find(|model| model.name() == name));
        Some(Race {
            lasts: lasts?,
            clients: clients?,
            model: model?,
        })
    }

    fn seconds(&mut self, node: &Node) -> Option<Duration> {
        let word = self.word(node, "a number of seconds")?;
        match word.parse::<f64>() {
            Ok(seconds) if seconds > 0.0 && seconds <= LONGEST => Some(Duration::from_secs_f64(seconds)),
            _ => self.problem(
                Code::Duration,
                &node.span,
                format!("`{word}` is no number of seconds that a race can last"),
                format!("write a number without a unit, above 0 and up to {LONGEST}: `2`, `0.3`"),
            ),
        }
    }

    fn racers(&mut self, node: &Node) -> Option<Vec<Racers>> {
        let items = self.filled_list(node, "a list of clients")?;
        let racers: Vec<_> = items
            .iter()
            .map(|item| {
                let fields = self.fields(item, &keys::RACERS)?;
                let count = self
                    .required(&fields, "count", "write how many do this: `count: 4`")
                    .and_then(|node| self.count(node));
                let steps = self
                    .required(
                        &fields,
                        "do",
                        "write what each of them does, again and again: a step, or a list of steps",
                    )
                    .and_then(|node| match &node.kind {
                        Kind::Map(_) => self.client_step(node),
                        _ => self.client_steps(node),
                    });
                Some(Racers {
                    count: count?,
                    steps: steps?,
                })
            })
            .collect();
        racers.into_iter().collect()
    }
}
