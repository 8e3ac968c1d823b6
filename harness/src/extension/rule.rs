//! The rules of the guidelines: each with a stable code, a name, and a sentence of why.

use std::fmt;

macro_rules! rules {
    ($($name:ident = $code:literal, $title:literal, $why:literal;)+) => {
        /// A rule of the guidelines. The codes are stable: a number is never used for another rule.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Rule {
            $(#[doc = $why] $name,)+
        }

        impl Rule {
            /// Every rule, in the order of the codes.
            pub const ALL: &[Self] = &[$(Self::$name,)+];

            /// As it is shown, such as `PLE0101`.
            pub const fn code(self) -> &'static str {
                match self {
                    $(Self::$name => $code,)+
                }
            }

            /// What it asks for, in a few words.
            pub const fn title(self) -> &'static str {
                match self {
                    $(Self::$name => $title,)+
                }
            }

            /// Why, in a sentence.
            pub const fn why(self) -> &'static str {
                match self {
                    $(Self::$name => $why,)+
                }
            }
        }
    };
}

rules! {
    GateMissing = "PLE0101", "a twin begins with its gate",
        "The gate alone decides which twin is compiled; without it both are, or neither is.";
    GateWrong = "PLE0102", "the gate names the twin's own extension",
        "A gate of something else compiles the twin in builds that left its extension out.";
    GateNotFirst = "PLE0103", "the gate is the first line",
        "Whoever opens the file sees at once when it counts, and Go reads a gate nowhere else.";
    BlankAfterGate = "PLE0104", "a blank line follows the gate",
        "It sets the gate apart; in Go a comment right below would make it part of the package's documentation.";
    GateTwice = "PLE0105", "a twin has one gate",
        "Two gates have to hold together, so a second one quietly takes the twin out of builds.";

    TwinMissing = "PLE0201", "every extension has a disabled twin",
        "Builds without the extension compile that twin, so that callers never ask what was built in.";
    TwinWithoutWork = "PLE0202", "every disabled twin has a twin that does the work",
        "A stand-in for nothing is dead code, or the remains of an extension.";
    TwinName = "PLE0203", "the disabled twin is named after the enabled one",
        "Both halves stand side by side in every listing, and tools find one from the other.";
    FunctionMissing = "PLE0204", "both twins have the same public functions",
        "A caller compiles in every build or in none; a function of one half alone breaks the other builds.";
    SignatureDiffers = "PLE0205", "both twins' functions have the same signatures",
        "A caller is written once, against both.";
    ItemMissing = "PLE0206", "both twins have the same public items",
        "A type or constant of one half alone breaks the builds that have the other.";
    DisabledWorks = "PLE0207", "the disabled twin does nothing",
        "What a build leaves out must not act in it: success, empty values, one warning, no more.";
    DisabledSilent = "PLE0208", "the disabled twin warns",
        "Somebody who configured the extension has to learn that this binary does not include it.";
    DisabledLoud = "PLE0209", "the disabled twin warns once",
        "One line says it; more of them bury it.";
    Unparsable = "PLE0210", "a twin is a source file of its language",
        "What cannot be read cannot be compared.";

    FeatureOutside = "PLE0301", "features are named in the twins alone",
        "A condition anywhere else makes a build differ in a place where nobody looks for it.";
    CrateNamedOutside = "PLE0302", "only the gated twin names the extension's crate",
        "The linker leaves out what nothing names: one mention elsewhere puts the extension into every binary.";
    CrateNotNamed = "PLE0303", "the gated twin names the extension's crate",
        "What the twin does itself cannot be tested or left out on its own.";
    CrateDependsOnCrate = "PLE0304", "an extension's crate depends on the core alone",
        "Extensions reach each other through the hooks, so that any of them can be left out.";
    FeatureNotEmpty = "PLE0305", "features are empty lists",
        "A feature that switches on something else makes combinations differ in their dependencies, and each be built anew.";
    OptionalDependency = "PLE0306", "dependencies on extensions are not optional",
        "An optional dependency changes the graph, and everything is compiled again for each combination.";
    CrateMissing = "PLE0307", "every extension has a crate",
        "It is where the extension's work and its tests are.";

    NotListed = "PLE0401", "every list names every extension",
        "What a list forgets is not built, not tested or not configured, and nobody is told.";
    ListedUnknown = "PLE0402", "no list names an extension that is not there",
        "It fails where the list is used, far from where it is wrong.";
    ListOrder = "PLE0403", "every list has the recommended order",
        "One order everywhere makes lists comparable, logs predictable and configurations portable.";
    ListedTwice = "PLE0404", "a list names an extension once",
        "The second entry is a leftover, or a typing error for another extension.";
    ListMissing = "PLE0405", "every list is there",
        "The build and the tools read their extensions from it.";

    SectionMissing = "PLE0501", "every extension has a section in the configuration",
        "Any binary reads any configuration, whatever it includes.";
    SwitchMissing = "PLE0502", "every section can be switched off",
        "An extension that is built in and off has to behave as if it were not there.";
    SectionUndocumented = "PLE0503", "every section says what it is for",
        "The documentation and the schema are made from this text.";
    SchemaStale = "PLE0504", "every section is in the schema",
        "Editors check configurations against it.";
    DocumentationStale = "PLE0505", "every section is in the configuration's documentation",
        "It is where an operator looks first.";

    ScenarioMissing = "PLE0601", "every extension has scenarios",
        "A promise that nothing checks does not hold for long.";
    ScenarioOn = "PLE0602", "a scenario says what the extension does",
        "Built in and on is what people choose it for.";
    ScenarioOff = "PLE0603", "a scenario says what holds where it is off",
        "Built in and off is what most binaries run.";
    ScenarioAbsent = "PLE0604", "a scenario says what holds where it is left out",
        "Leaving an extension out is behaviour too.";
    ScenarioElsewhere = "PLE0605", "an extension's scenarios require it",
        "Without `requires` the scenario is about every build, and belongs elsewhere.";
    CombinationMissing = "PLE0606", "a scenario says what it does together with another",
        "Most bugs of extensions are between two of them.";
    BlackboxMissing = "PLE0607", "a test drives the built binary with a real client",
        "Clients do what no scenario thought of.";

    Undiscovered = "PLE0701", "endpoints below /v2 are announced",
        "Clients find an extension in the discovery document, and nowhere else.";

    PageMissing = "PLE0801", "every extension has a page",
        "Somebody has to decide whether to build it in.";
    PageUnlisted = "PLE0802", "every page is in the table of contents",
        "A page that nothing leads to is not read.";
    ChangelogMissing = "PLE0803", "the changelog names every extension",
        "Whoever upgrades learns there what is new.";
}

impl fmt::Display for Rule {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.code())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn codes_are_in_order_and_each_there_once() {
        let codes: Vec<&str> = Rule::ALL.iter().map(|rule| rule.code()).collect();
        assert!(codes.is_sorted());
        assert_eq!(codes.iter().collect::<BTreeSet<_>>().len(), codes.len());
    }

    #[test]
    fn whys_are_sentences() {
        for rule in Rule::ALL {
            assert!(rule.why().ends_with('.'), "{rule}");
            assert!(!rule.title().ends_with('.'), "{rule}");
        }
    }
}
