//! The old system's quotes.

use grove_quotes::import::import_csv;

use crate::{app, quotes};

const FILE: &str = "\
id,quote_text,quote_sources,quote_source_html,created_at,quote_posters,quote_poster_html
1,<p>It depends.</p>,\",mdoe3,\",<a>mdoe3</a>,9/4/17 9:33,\",jsmith2,\",<a>jsmith2</a>
2,Nobody knows who wrote this.,\",mdoe3,\",,12/24/16 23:05,,
3,No date.,\",mdoe3,\",,yesterday,\",jsmith2,\",
4,,\",mdoe3,\",,9/4/17 9:33,\",jsmith2,\",
";

#[tokio::test]
async fn old_quotes_arrive_once_with_a_report_of_what_did_not() {
    let (db, app) = app().await;
    let first = import_csv(&db.pool(), FILE.as_bytes()).await.unwrap();
    assert_eq!((first.imported, first.present), (2, 0));
    let places: Vec<_> = first.skipped.iter().map(|skipped| skipped.place.as_str()).collect();
    assert_eq!(places, ["row 4", "row 5"]);

    let second = import_csv(&db.pool(), FILE.as_bytes()).await.unwrap();
    assert_eq!((second.imported, second.present, second.skipped.len()), (0, 2, 2));

    let quotes = quotes(&app.member("other1")).await;
    assert_eq!(quotes[0].text, "It depends.");
    assert_eq!(quotes[0].created_at, "09/04/17 09:33:00 AM");
    assert_eq!(quotes[1].author, "mdoe3");
}
