//! Prints the schema in GraphQL's own language, for `docs/extensions/search.graphql`.

fn main() {
    print!("{}", plimsoll_extension_search::schema());
}
