//! What an Alibaba Cloud ECS security group is and what it means for a flow.
