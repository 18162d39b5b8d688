//! DescribeZones: the zones of a region (see `regions`).
//!
//! The lists of what can be made say what this simulation has no say in: disks
//! of the usual kinds. The lists of instance types are empty, since an instance
//! can be of any.

use serde_json::{Value, json};

use crate::cloud::Cloud;
use crate::cloud::error::ApiError;
use crate::cloud::operation::{Body, Call, Question};
use crate::cloud::regions::{Language, is_region, zones};

/// The kinds of disks.
const DISKS: [&str; 3] = ["cloud_efficiency", "cloud_essd", "cloud_ssd"];

pub(crate) struct DescribeZones;

impl Question for DescribeZones {
    const NAME: &'static str = "DescribeZones";

    fn answer(_: &Cloud, call: &Call<'_>) -> Result<Body, ApiError> {
        let region = call.required_region()?;
        if !is_region(region) {
            let message = "The specified RegionId does not exist.";
            return Err(ApiError::new(404, "InvalidRegionId.NotFound", message));
        }
        check_prices(call)?;
        let language = Language::read(call.fields.text("AcceptLanguage"))?;
        let verbose = call.fields.boolean("Verbose")?.unwrap_or(true);
        let rows = zones(region).map(|(letter, id)| {
            let name = language.zone_name(region, letter);
            row(&id, &name, verbose)
        });
        let rows: Vec<Value> = rows.collect();
        Ok(Body::from_iter([(
            "Zones".to_owned(),
            json!({"Zone": rows}),
        )]))
    }
}

/// Checks how instances would be paid; every zone has all ways.
fn check_prices(call: &Call<'_>) -> Result<(), ApiError> {
    let other = |field: &str, known: &[&str]| {
        let text = call.fields.text(field);
        text.is_some_and(|text| !known.contains(&text))
    };
    if other("InstanceChargeType", &["PrePaid", "PostPaid"]) {
        let message = "The InstanceChargeType does not exist in our records";
        let code = "InvalidInstanceChargeType.NotFound";
        return Err(ApiError::new(404, code, message));
    }
    if other(
        "SpotStrategy",
        &["NoSpot", "SpotWithPriceLimit", "SpotAsPriceGo"],
    ) {
        let message = "The specified SpotStrategy is not valid.";
        return Err(ApiError::new(400, "InvalidSpotStrategy", message));
    }
    Ok(())
}

/// Writes the row of a zone, with what can be made in it or without.
fn row(id: &str, name: &str, verbose: bool) -> Value {
    let disks: &[&str] = if verbose { &DISKS } else { &[] };
    let resources: &[&str] = if verbose {
        &["VSwitch", "IoOptimized", "Instance", "Disk"]
    } else {
        &[]
    };
    let available = json!({
        "DataDiskCategories": {"supportedDataDiskCategory": disks},
        "InstanceGenerations": {"supportedInstanceGeneration": []},
        "InstanceTypeFamilies": {"supportedInstanceTypeFamily": []},
        "InstanceTypes": {"supportedInstanceType": []},
        "IoOptimized": true,
        "NetworkTypes": {"supportedNetworkCategory": ["vpc"]},
        "SystemDiskCategories": {"supportedSystemDiskCategory": disks},
    });
    let available: Vec<Value> = verbose.then_some(available).into_iter().collect();
    json!({
        "AvailableDedicatedHostTypes": {"DedicatedHostType": []},
        "AvailableDiskCategories": {"DiskCategories": disks},
        "AvailableInstanceTypes": {"InstanceTypes": []},
        "AvailableResourceCreation": {"ResourceTypes": resources},
        "AvailableResources": {"ResourcesInfo": available},
        "AvailableVolumeCategories": {"VolumeCategories": []},
        "DedicatedHostGenerations": {"DedicatedHostGeneration": []},
        "LocalName": name,
        "ZoneId": id,
        "ZoneType": "AvailabilityZone",
    })
}
