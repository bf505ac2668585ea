//! The users service in memory, for the tests of those who call it.

use std::collections::{BTreeMap, HashMap};

use axum::{
    Router,
    extract::State,
    routing::{get, post},
};
use chrono::NaiveDate;
use grove_http::{
    ApiError,
    extract::{Json, Path},
};
use grove_shared::{NetId, Standing, call::IDEMPOTENCY_KEY, envelope::Data};
use grove_testing::Fake;
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};

use crate::{CurrentMember, IsMember, NewMembership, Person, PersonStanding, UserName};

/// The last day of every term.
pub const MEMBER_UNTIL: &str = "2027-08-31";

/// The users service on a free port, until it is dropped. Nobody has joined yet.
#[derive(Debug, Clone)]
pub struct FakeUsers {
    fake: Fake<Inner>,
}

type Memory = grove_testing::Memory<Inner>;

#[derive(Debug, Default)]
struct Inner {
    people: BTreeMap<NetId, Person>,
    published: Vec<NetId>,
    admitted: Vec<NewMembership>,
    verified: Vec<NetId>,
    /// What came with each idempotency key, and what was replied.
    replies: HashMap<String, (NewMembership, CurrentMember)>,
}

impl FakeUsers {
    /// Starts it.
    pub async fn start() -> Self {
        let routes = Router::new()
            .route("/users/{netid}/is_member", get(is_member))
            .route("/internal/members", get(members))
            .route("/internal/memberships", post(admit))
            .route("/internal/people/{netid}", get(person))
            .route("/internal/standing", post(standing))
            .route("/internal/users/verified", post(verify));
        Self { fake: Fake::start("users", routes).await }
    }

    /// Where it listens.
    pub fn url(&self) -> String {
        self.fake.url()
    }

    /// Lets Jane Smith join under this name, who has not paid.
    pub fn applicant(&self, netid: &NetId) {
        self.person(netid, "Jane", "Smith", Standing::Applicant);
    }

    /// Lets Jane Smith be a member under this name.
    pub fn member(&self, netid: &NetId) {
        self.person(netid, "Jane", "Smith", Standing::Member);
    }

    /// Lets someone be known, or changes them.
    pub fn person(&self, netid: &NetId, first_name: &str, last_name: &str, standing: Standing) {
        let (first_name, last_name) = (first_name.to_owned(), last_name.to_owned());
        let person = Person { netid: netid.clone(), first_name, last_name, standing };
        self.fake.lock().people.insert(netid.clone(), person);
    }

    /// Lets someone's name be seen by everyone.
    pub fn publish(&self, netid: &NetId) {
        self.fake.lock().published.push(netid.clone());
    }

    /// Lets someone be unknown.
    pub fn remove(&self, netid: &NetId) {
        self.fake.lock().people.remove(netid);
    }

    /// Answers 503 to the next `requests`.
    pub fn fail_next(&self, requests: u32) {
        self.fake.fail_next(requests);
    }

    /// The payments that made someone a member, each once.
    pub fn admitted(&self) -> Vec<NewMembership> {
        self.fake.lock().admitted.clone()
    }

    /// Whose mail address was said to be proven, each time.
    pub fn verified(&self) -> Vec<NetId> {
        self.fake.lock().verified.clone()
    }

    /// Method and path of each request so far, also of those that were answered 503.
    pub fn requests(&self) -> Vec<String> {
        self.fake.requests()
    }
}

fn not_found() -> ApiError {
    ApiError::not_found("User not found")
}

fn find(memory: &Memory, netid: &str) -> Result<Person, ApiError> {
    let netid: NetId = netid.parse().map_err(|_| not_found())?;
    memory.lock().people.get(&netid).cloned().ok_or_else(not_found)
}

async fn is_member(
    State(memory): State<Memory>,
    Path(netid): Path<String>,
) -> Result<Json<Data<IsMember>>, ApiError> {
    let Person { netid, first_name, last_name, standing } = find(&memory, &netid)?;
    let may_see = memory.lock().published.contains(&netid);
    Ok(Json(Data::new(IsMember {
        netid: netid.to_string(),
        first_name: may_see.then_some(first_name),
        last_name: may_see.then_some(last_name),
        is_member: standing == Standing::Member,
    })))
}

async fn person(
    State(memory): State<Memory>,
    Path(netid): Path<String>,
) -> Result<Json<Person>, ApiError> {
    Ok(Json(find(&memory, &netid)?))
}

async fn standing(
    State(memory): State<Memory>,
    Json(UserName { netid }): Json<UserName>,
) -> Json<PersonStanding> {
    let standing = memory.lock().people.get(&netid).map(|person| person.standing);
    Json(PersonStanding { standing: standing.unwrap_or(Standing::Applicant) })
}

async fn members(State(memory): State<Memory>) -> Result<Json<Vec<CurrentMember>>, ApiError> {
    let people = memory.lock().people.clone();
    let members = people.into_values().filter(|person| person.standing == Standing::Member);
    Ok(Json(members.map(current).collect::<Result<_, _>>()?))
}

fn current(person: Person) -> Result<CurrentMember, ApiError> {
    let Person { netid, first_name, last_name, .. } = person;
    let email = format!("{netid}@example.edu");
    let member_until: NaiveDate = MEMBER_UNTIL.parse().map_err(ApiError::internal)?;
    Ok(CurrentMember { netid, email, first_name, last_name, member_until })
}

async fn verify(
    State(memory): State<Memory>,
    Json(UserName { netid }): Json<UserName>,
) -> Json<Value> {
    memory.lock().verified.push(netid);
    Json(json!({}))
}

async fn admit(
    State(memory): State<Memory>,
    headers: HeaderMap,
    Json(paid): Json<NewMembership>,
) -> Result<Json<CurrentMember>, ApiError> {
    let key = headers.get(IDEMPOTENCY_KEY).and_then(|key| key.to_str().ok());
    let key = key.ok_or_else(|| ApiError::bad_request("Send an Idempotency-Key"))?;
    if paid.payment.is_empty() {
        return Err(ApiError::bad_request("Missing payment"));
    }
    let mut memory = memory.lock();
    if let Some((request, reply)) = memory.replies.get(key) {
        if *request != paid {
            let message = "This Idempotency-Key was used for another request";
            return Err(ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, message));
        }
        return Ok(Json(reply.clone()));
    }
    let person = memory.people.get_mut(&paid.netid).ok_or_else(not_found)?;
    if person.standing == Standing::Member {
        return Err(ApiError::conflict("User is already a member"));
    }
    person.standing = Standing::Member;
    let reply = current(person.clone())?;
    memory.replies.insert(key.to_owned(), (paid.clone(), reply.clone()));
    memory.admitted.push(paid);
    Ok(Json(reply))
}
