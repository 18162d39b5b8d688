//! What the calls about tags do, in the ECS API and in the VPC API alike:
//! adding tags to objects that exist ([`Adding`]), removing them
//! ([`Removing`]) and listing them ([`list`]). The operations themselves are
//! thin; which kinds of objects there are is in `resource`.
//!
//! The product of the request decides which kinds `ResourceType` can name.

use serde_json::{Value, json};

use super::Cloud;
use super::error::ApiError;
use super::objects::Tags;
use super::operation::{Body, Call};
use super::paging::Paging;
use super::resource::{Kind, Resource};
use super::tag_parameters::{MAX_TAGS, TagFilter, added_tags, too_many_tags};
use super::tag_patterns::TagPatterns;

/// How many objects one call names at most.
const MAX_RESOURCES: usize = 50;

/// Checks the parameters without which no call about tags makes sense:
/// `RegionId`, `ResourceType` and, of a change, `ResourceId.N`.
///
/// # Errors
///
/// `400 MissingParameter.RegionId`, `404 MissingParameter.ResourceType` and
/// `404 MissingParameter.ResourceIds`.
pub(crate) fn required(call: &Call<'_>) -> Result<(), ApiError> {
    call.required_region()?;
    resource_type(call)?;
    if call.fields.list("ResourceId").is_empty() {
        return Err(missing("ResourceIds", "ResourceIds.N"));
    }
    Ok(())
}

/// Tags to be added to objects.
#[derive(Debug)]
pub(crate) struct Adding {
    objects: Objects,
    tags: Tags,
}

/// Tags to be removed from objects.
#[derive(Debug)]
pub(crate) struct Removing {
    objects: Objects,
    /// The keys; none means every tag.
    keys: Vec<String>,
}

/// Objects of one kind, all of them there.
#[derive(Debug)]
struct Objects {
    kind: Kind,
    ids: Vec<String>,
}

impl Adding {
    /// Checks a call that adds tags: up to 20 `Tag.N` to each of up to 50
    /// objects, which have 20 afterwards at most.
    ///
    /// # Errors
    ///
    /// What is wrong with the tags (`tag_parameters`), the objects (`404
    /// InvalidResourceType.NotFound`, `404 InvalidResourceId.NotFound`, `403
    /// InvalidOperation.ResourceManagedByCloudProduct`), or that there would
    /// be too many (`400 OperationDenied.QuotaExceed`).
    pub(crate) fn check(cloud: &Cloud, call: &Call<'_>) -> Result<Self, ApiError> {
        let tags = added_tags(&call.fields)?;
        if tags.0.is_empty() {
            return Err(missing("Tags", "Tags"));
        }
        let objects = Objects::check(cloud, call)?;
        for object in objects.find(cloud, call) {
            let own = &object.tags().0;
            let new = tags.0.keys().filter(|key| !own.contains_key(*key)).count();
            if MAX_TAGS < own.len() + new {
                let message = "The quota of tags on resource is beyond permitted range.";
                return Err(ApiError::new(400, "OperationDenied.QuotaExceed", message));
            }
        }
        Ok(Self { objects, tags })
    }

    /// Adds the tags; a tag with the same key gets the new value.
    pub(crate) fn apply(self, cloud: &mut Cloud) {
        let Self { objects, tags } = self;
        for id in &objects.ids {
            if let Some(object) = cloud.resource_mut(objects.kind, id) {
                object.tags_mut().0.extend(tags.0.clone());
            }
        }
    }
}

impl Removing {
    /// Checks a call that removes tags: up to 20 `TagKey.N`, or every tag with
    /// `All`. Keys that an object does not have are no error.
    ///
    /// # Errors
    ///
    /// As [`Adding::check`], and `403 Param.Conflict` for keys beside
    /// `All=true`.
    pub(crate) fn check(cloud: &Cloud, call: &Call<'_>) -> Result<Self, ApiError> {
        let keys = call.fields.list("TagKey");
        let all = call.fields.boolean("All")?.unwrap_or(false);
        if MAX_TAGS < keys.len() {
            return Err(too_many_tags());
        }
        if all && !keys.is_empty() {
            let message = "The specified all is true, but the specified TagKey.N is not empty.";
            return Err(ApiError::new(403, "Param.Conflict", message));
        }
        if !all && keys.is_empty() {
            return Err(missing("Tags", "Tags"));
        }
        Ok(Self {
            objects: Objects::check(cloud, call)?,
            keys: keys.into_iter().map(str::to_owned).collect(),
        })
    }

    /// Removes the tags.
    pub(crate) fn apply(self, cloud: &mut Cloud) {
        let Self { objects, keys } = self;
        for id in &objects.ids {
            if let Some(object) = cloud.resource_mut(objects.kind, id) {
                let tags = &mut object.tags_mut().0;
                tags.retain(|key, _| !keys.is_empty() && !keys.contains(key));
            }
        }
    }
}

impl Objects {
    /// Checks that the objects of a call are there and may be changed.
    fn check(cloud: &Cloud, call: &Call<'_>) -> Result<Self, ApiError> {
        let kind = kind(call)?;
        let ids = ids(call)?;
        for id in &ids {
            if cloud.resource(call, kind, id).is_none() {
                let message = "The specified ResourceIds are not found in our records.";
                return Err(ApiError::new(404, "InvalidResourceId.NotFound", message));
            }
            cloud.check_managed(kind, id)?;
        }
        let ids = ids.into_iter().map(str::to_owned).collect();
        Ok(Self { kind, ids })
    }

    fn find<'a>(&'a self, cloud: &'a Cloud, call: &Call<'_>) -> Vec<&'a dyn Resource> {
        let ids = self.ids.iter();
        ids.filter_map(|id| cloud.resource(call, self.kind, id))
            .collect()
    }
}

/// Answers a call that lists tags: those of the objects it names, or of those
/// that have the tags it names; it must name either.
///
/// A page has whole objects, so that the tags of one are never torn apart; an
/// object without tags is not listed.
///
/// # Errors
///
/// `404 MissingParameter.ResourceType`, `404 InvalidResourceType.NotFound`,
/// `400 NumberExceed.ResourceIds`, `404 MissingParameter.Tags` for a call that
/// names nothing, and what is wrong with its tags or its page.
pub(crate) fn list(
    cloud: &Cloud,
    call: &Call<'_>,
    paging: &Paging,
    action: &'static str,
) -> Result<Body, ApiError> {
    call.required_region()?;
    resource_type(call)?;
    let (kind, ids) = (kind(call)?, ids(call)?);
    let tags = TagFilter::read(&call.fields)?;
    let patterns = TagPatterns::read(call)?;
    if ids.is_empty() && tags.is_empty() && patterns.is_empty() {
        return Err(missing("Tags", "Tags"));
    }
    if !tags.is_empty() && !patterns.is_empty() {
        return Err(ApiError::invalid("TagFilter"));
    }
    let page = paging.read(call, action)?;
    let mut objects = if ids.is_empty() {
        cloud.resources(call, kind)
    } else {
        let named = ids.into_iter();
        named
            .filter_map(|id| cloud.resource(call, kind, id))
            .collect()
    };
    objects.retain(|object| {
        let own = object.tags();
        !own.0.is_empty() && tags.matches(own) && patterns.matches(own)
    });
    let cut = page.cut(paging, objects, |object| (object.created(), object.id()));
    let rows = cut.rows.iter().flat_map(|object| rows(kind, *object));
    let rows: Vec<Value> = rows.collect();
    let mut body = Body::new();
    body.insert("TagResources".to_owned(), json!({"TagResource": rows}));
    cut.footer.write(&mut body);
    Ok(body)
}

/// Returns the rows of an object's tags.
fn rows(kind: Kind, object: &dyn Resource) -> impl Iterator<Item = Value> {
    object.tags().0.iter().map(move |(key, value)| {
        json!({
            "ResourceId": object.id(),
            "ResourceType": kind.name(),
            "TagKey": key,
            "TagValue": value,
        })
    })
}

fn resource_type<'a>(call: &Call<'a>) -> Result<&'a str, ApiError> {
    let given = call.fields.text("ResourceType");
    given.ok_or_else(|| missing("ResourceType", "ResourceType"))
}

/// Returns the kind of objects a call is about.
pub(crate) fn kind(call: &Call<'_>) -> Result<Kind, ApiError> {
    Kind::of(call.request.product, resource_type(call)?).ok_or_else(|| {
        let message = "The ResourceType provided does not exist in our records.";
        ApiError::new(404, "InvalidResourceType.NotFound", message)
    })
}

/// Returns the ids a call names, each once.
fn ids<'a>(call: &Call<'a>) -> Result<Vec<&'a str>, ApiError> {
    let sent = call.fields.list("ResourceId");
    if MAX_RESOURCES < sent.len() {
        let message = "The ResourceIds parameter's number is exceed , Valid : 50";
        return Err(ApiError::new(400, "NumberExceed.ResourceIds", message));
    }
    let mut ids = Vec::with_capacity(sent.len());
    for id in sent {
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    Ok(ids)
}

/// The pages of calls about tags have codes of their own for what is missing.
fn missing(code: &str, parameter: &str) -> ApiError {
    let message = format!("The parameter - {parameter} should not be null");
    ApiError::new(404, format!("MissingParameter.{code}"), message)
}
