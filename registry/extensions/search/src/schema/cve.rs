//! Vulnerabilities. The schema has them, as clients expect; nothing here looks for any yet.

use async_graphql::SimpleObject;

use super::result::PageInfo;

/// A query that needs a scan for vulnerabilities. The words are zot's.
#[derive(Debug, thiserror::Error)]
#[error("cve search is disabled")]
pub(crate) struct Disabled;

/// The vulnerabilities of an image.
#[derive(SimpleObject)]
#[graphql(name = "CVEResultForImage", rename_fields = "PascalCase")]
pub(crate) struct CveResultForImage {
    /// The image's tag.
    tag: Option<String>,
    /// The vulnerabilities.
    #[graphql(name = "CVEList")]
    cve_list: Option<Vec<Option<Cve>>>,
    /// How many there are.
    summary: Option<ImageVulnerabilitySummary>,
    /// Which part of them.
    page: Option<PageInfo>,
}

/// The vulnerabilities that one image has and another does not.
#[derive(SimpleObject)]
#[graphql(name = "CVEDiffResult", rename_fields = "PascalCase")]
pub(crate) struct CveDiffResult {
    /// The image that has them.
    minuend: ImageIdentifier,
    /// The image that does not.
    subtrahend: ImageIdentifier,
    /// The vulnerabilities.
    #[graphql(name = "CVEList")]
    cve_list: Option<Vec<Option<Cve>>>,
    /// How many there are.
    summary: Option<ImageVulnerabilitySummary>,
    /// Which part of them.
    page: Option<PageInfo>,
}

/// What names an image.
#[derive(SimpleObject)]
#[graphql(rename_fields = "PascalCase")]
pub(crate) struct ImageIdentifier {
    /// Its repository.
    repo: String,
    /// Its tag.
    tag: String,
    /// Its digest.
    digest: Option<String>,
    /// What it runs on.
    platform: Option<super::manifest::Platform>,
}

/// A vulnerability.
#[derive(SimpleObject)]
#[graphql(name = "CVE", rename_fields = "PascalCase")]
pub(crate) struct Cve {
    /// Its identifier.
    id: Option<String>,
    /// What it is, in short.
    title: Option<String>,
    /// What it is.
    description: Option<String>,
    /// Where more is said about it.
    reference: Option<String>,
    /// How bad it is: UNKNOWN, LOW, MEDIUM, HIGH or CRITICAL.
    severity: Option<String>,
    /// The packages that have it.
    package_list: Option<Vec<Option<PackageInfo>>>,
}

/// A package that has a vulnerability.
#[derive(SimpleObject)]
#[graphql(rename_fields = "PascalCase")]
pub(crate) struct PackageInfo {
    /// Its name.
    name: Option<String>,
    /// Where it lies in the image.
    package_path: Option<String>,
    /// The version that is installed.
    installed_version: Option<String>,
    /// The version that no longer has the vulnerability.
    fixed_version: Option<String>,
}

/// How many vulnerabilities there are.
#[derive(SimpleObject)]
#[graphql(rename_fields = "PascalCase")]
pub(crate) struct ImageVulnerabilitySummary {
    /// How bad the worst is; NONE where there is none.
    max_severity: Option<String>,
    /// How many there are.
    count: Option<i32>,
    /// How many of which it is not known how bad they are.
    unknown_count: Option<i32>,
    /// How many that are not bad.
    low_count: Option<i32>,
    /// How many that are rather bad.
    medium_count: Option<i32>,
    /// How many that are bad.
    high_count: Option<i32>,
    /// How many that could not be worse.
    critical_count: Option<i32>,
}
