//! Prints the schema in GraphQL's own language, for `docs/search.graphql`.

fn main() {
    print!("{}", plimsoll_extension_search::schema());
}
