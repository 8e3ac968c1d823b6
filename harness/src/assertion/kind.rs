//! What kinds of failures there are: a stable code for each, and what to look at.

use std::fmt;

macro_rules! kinds {
    ($($(#[doc = $doc:literal])+ $(#[$default:ident])? $name:ident = $code:literal, $advice:literal;)+) => {
        /// What kind of failure it is. The codes are stable: a number is never used for another kind.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Kind {
            $($(#[doc = $doc])+ $(#[$default])? $name,)+
        }

        impl Kind {
            /// Every kind, in the order of their numbers.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// What is wrong, in a sentence.
            pub fn meaning(self) -> &'static str {
                match self {
                    $(Self::$name => concat!($($doc),+).trim_ascii(),)+
                }
            }

            /// As it is shown, such as `PLM1001`.
            pub const fn code(self) -> &'static str {
                match self {
                    $(Self::$name => $code,)+
                }
            }

            /// What to look at.
            pub const fn advice(self) -> &'static str {
                match self {
                    $(Self::$name => $advice,)+
                }
            }
        }
    };
}

kinds! {
    /// A value is not what the step says that it is.
    #[default]
    Value = "PLM1001", "The value comes from a step before, or from an answer. `expected` and `actual` show where the two part.";
    /// The status of an answer is another one.
    Status = "PLM1002", "The answer's body often says why: look at `answer`, and at what the server logged during the step.";
    /// A header of an answer is missing, or another one.
    Header = "PLM1003", "`answer` has all headers that came. A header that a proxy could add or take away is worth a look at the `raw` answer.";
    /// The code in an error document is another one, or there is no such document.
    ErrorCode = "PLM1004", "Clients decide by this code and not by the status; the specification lists the codes under \"Error Codes\".";
    /// A part of a JSON document is not what the step says.
    Json = "PLM1005", "Only the paths that differ are shown, each with what was expected and what came.";
    /// The bytes, the size or the digest of a body are others.
    Body = "PLM1006", "Bytes are shown around the first that differs. Another size at the same beginning is an answer that was cut or padded.";
    /// None of the outcomes came that the specification admits.
    Outcome = "PLM1007", "Each outcome of `one_of` is shown with the reason why it is not the one that came.";
    /// There is no answer, or half of one.
    NoAnswer = "PLM1008", "The connection was refused, ended early or stayed silent: look at the server's log for a crash or a deadlock.";
    /// Something did not come to be in the time that it may take.
    NotInTime = "PLM1009", "`looks` shows what was seen meanwhile. If it was about to hold, the machine may be too slow for `within`.";
    /// What clients saw at once cannot be explained by any order of what they did.
    History = "PLM1010", "The timeline has the fewest operations that contradict each other. Bars that overlap were side by side.";
    /// Something that was acknowledged is gone, or is not what it was.
    Lost = "PLM1011", "An answer of 201 or 202 is a promise. What is missing was promised before the fault, and is not there after it.";
    /// The disk does not have what it has to have.
    Disk = "PLM1012", "The folder is gone after the run; `again` brings it back, and a step before can keep it with `command`.";
    /// The server's log does not say what it has to say.
    Log = "PLM1013", "`server log` has the lines of the step. The level that the configuration sets decides what is logged at all.";
    /// A metric does not have the value that it has to have.
    Metric = "PLM1014", "Counters count all that happened since the server started, a step's own requests among it.";
    /// What reached a server that the harness plays is not what it has to be.
    Requests = "PLM1015", "A proxy or a scripted server recorded what came to it; more than expected is often a retry.";
    /// The server uses more memory than it may.
    Memory = "PLM1016", "It is the most that the process had at once, as the kernel counts it.";
    /// Content cannot be pushed, or does not come back as it was.
    Content = "PLM1017", "The step does several requests; the one that is shown is the one that did not go well.";
    /// A command ended otherwise than it has to.
    Command = "PLM1018", "Its standard output and standard error are shown. It ran in the scenario's own folder.";
    /// The server ended by itself, or did not start again.
    Ended = "PLM1019", "A crash: the last lines of its log say where. A server that was killed on purpose has to come back.";
    /// The steps took longer than a run may take.
    TooLong = "PLM1020", "A run has five minutes. Something waits for what never comes, or the machine is overloaded.";
    /// The harness, its surroundings or the scenario failed, not the registry.
    Harness = "PLM1101", "This is counted as an error, never as a failure of the registry, and ends the run with status 3.";
}

impl fmt::Display for Kind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_a_code_of_its_own_a_sentence_and_an_advice() {
        let mut codes: Vec<&str> = Kind::ALL.iter().map(|kind| kind.code()).collect();
        codes.dedup();
        assert_eq!(codes.len(), Kind::ALL.len());
        assert!(codes.is_sorted());
        for kind in Kind::ALL {
            assert!(kind.meaning().ends_with('.') && kind.advice().ends_with('.'), "{kind}");
        }
    }
}
