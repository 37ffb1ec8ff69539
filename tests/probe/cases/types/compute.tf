resource "aws_key_pair" "main" {
  key_name   = "main"
  public_key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJpX3HlBfjZ8rZy9pK1rVQ4R3rT5cV3ZyYkqgq0o3m0F main"
  tags       = { Name = var.changed ? "other" : "main" }
}

resource "aws_ebs_volume" "main" {
  availability_zone = "eu-west-1a"
  size              = var.changed ? 20 : 10
}

resource "aws_ebs_snapshot" "main" {
  volume_id = aws_ebs_volume.main.id
  tags      = { Name = var.changed ? "other" : "main" }
}

resource "aws_launch_template" "main" {
  name          = "main"
  image_id      = "ami-12c6146b"
  instance_type = var.changed ? "t3.small" : "t3.micro"
}

resource "aws_instance" "main" {
  ami           = "ami-12c6146b"
  instance_type = "t3.micro"
  subnet_id     = aws_subnet.main["a"].id
  tags          = { Name = var.changed ? "other" : "main" }
}

resource "aws_lb" "main" {
  name               = "main"
  load_balancer_type = "application"
  subnets            = [for subnet in aws_subnet.main : subnet.id]
  idle_timeout       = var.changed ? 120 : 60
}

resource "aws_lb_target_group" "main" {
  name                 = "main"
  port                 = 80
  protocol             = "HTTP"
  vpc_id               = aws_vpc.main.id
  deregistration_delay = var.changed ? "60" : "30"
}

resource "aws_lb_listener" "main" {
  load_balancer_arn = aws_lb.main.arn
  port              = var.changed ? 81 : 80
  protocol          = "HTTP"
  default_action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.main.arn
  }
}

resource "aws_lb_listener_rule" "main" {
  listener_arn = aws_lb_listener.main.arn
  priority     = 10
  action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.main.arn
  }
  condition {
    path_pattern {
      values = [var.changed ? "/other/*" : "/main/*"]
    }
  }
}

resource "aws_ecs_cluster" "main" {
  name = "main"
  setting {
    name  = "containerInsights"
    value = var.changed ? "enabled" : "disabled"
  }
}

resource "aws_ecs_task_definition" "main" {
  family = "main"
  container_definitions = jsonencode([{
    name      = "app"
    image     = "app:1"
    cpu       = var.changed ? 20 : 10
    memory    = 128
    essential = true
  }])
}

# An empty archive.
resource "aws_s3_object" "code" {
  bucket         = aws_s3_bucket.main.id
  key            = "empty.zip"
  content_base64 = "UEsFBgAAAAAAAAAAAAAAAAAAAAAAAA=="
}

resource "aws_lambda_function" "main" {
  function_name = "main"
  role          = aws_iam_role.main.arn
  handler       = "main.run"
  runtime       = "python3.12"
  s3_bucket     = aws_s3_object.code.bucket
  s3_key        = aws_s3_object.code.key
  timeout       = var.changed ? 9 : 5
  environment {
    variables = { STAGE = "test" }
  }
}

resource "aws_lambda_alias" "main" {
  name             = "main"
  description      = var.changed ? "other" : "main"
  function_name    = aws_lambda_function.main.function_name
  function_version = "$LATEST"
}

resource "aws_lambda_permission" "main" {
  statement_id  = var.changed ? "other" : "main"
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.main.function_name
  principal     = "sns.amazonaws.com"
}

resource "aws_lambda_layer_version" "main" {
  layer_name  = "main"
  description = var.changed ? "other" : "main"
  s3_bucket   = aws_s3_object.code.bucket
  s3_key      = aws_s3_object.code.key
}

resource "aws_lambda_event_source_mapping" "main" {
  event_source_arn = aws_sqs_queue.main.arn
  function_name    = aws_lambda_function.main.arn
  batch_size       = var.changed ? 5 : 10
}

data "aws_ami" "main" {
  owners = ["099720109477"]
  filter {
    name   = "image-id"
    values = ["ami-1e749f67"]
  }
}

data "aws_instance" "main" {
  instance_id = aws_instance.main.id
}

data "aws_key_pair" "main" {
  key_name = aws_key_pair.main.key_name
}

data "aws_lb" "main" {
  arn = aws_lb.main.arn
}

data "aws_lb_target_group" "main" {
  arn = aws_lb_target_group.main.arn
}

data "aws_ecs_cluster" "main" {
  cluster_name = aws_ecs_cluster.main.name
}

data "aws_lambda_function" "main" {
  function_name = aws_lambda_function.main.function_name
}
