# Rscript fetch.R FOLDER VEGA_DATA: one CSV and one JSON file a table, see fetch.sh.
#
# CSV: a header, commas, no quotes (characters that would need them are replaced by _), an empty cell where a value is missing.
# JSON: what is asked (binary, multiclass, regression), the label's column, which label counts as yes, which columns are numbers and which
# are categories (factors; whatever is stored as a number is one), where the table is from. The size of each is checked against the one it
# had when the comparison was made.
arguments <- commandArgs(trailingOnly = TRUE)
folder <- arguments[1]
vega <- arguments[2]

from <- function(package, name) {
  holder <- new.env()
  data(list = name, package = package, envir = holder)
  as.data.frame(holder[[name]])
}

# table: what was read. drop: columns that tell the label, or are another one. positive: the label that counts as yes.
save_table <- function(name, table, size, question, label, positive = NULL, drop = character(), source) {
  if (!identical(dim(table), as.integer(size))) {
    stop(sprintf("%s has %d rows and %d columns instead of %d and %d: another version of %s?",
                 name, nrow(table), ncol(table), size[1], size[2], source))
  }
  table <- table[, setdiff(names(table), drop)]
  table <- table[!is.na(table[[label]]), ]
  features <- setdiff(names(table), label)
  numbers <- features[vapply(table[features], is.numeric, TRUE)]
  clean <- function(column) if (is.numeric(column)) column else gsub("[,\"\r\n]", "_", trimws(as.character(column)))
  table[] <- lapply(table, clean)
  write.table(table, file.path(folder, paste0(name, ".csv")), sep = ",", quote = FALSE, na = "", row.names = FALSE)
  description <- list(
    name = jsonlite::unbox(name), question = jsonlite::unbox(question), label = jsonlite::unbox(label),
    positive = if (is.null(positive)) NULL else jsonlite::unbox(positive), rows = jsonlite::unbox(nrow(table)),
    numbers = numbers, categories = setdiff(features, numbers), source = jsonlite::unbox(source))
  writeLines(jsonlite::toJSON(Filter(Negate(is.null), description), pretty = TRUE), file.path(folder, paste0(name, ".json")))
  cat(sprintf("%-22s %6d rows, %2d numbers, %2d categories\n", name, nrow(table), length(numbers), length(features) - length(numbers)))
}

r_table <- function(name, package, original, size, ...) {
  save_table(name, from(package, original), size, ..., source = paste0("R package ", package, ", ", original))
}

# Yes or no.
r_table("attrition", "modeldata", "attrition", c(1470, 31), "binary", "Attrition", "Yes")
r_table("credit_data", "modeldata", "credit_data", c(4454, 14), "binary", "Status", "bad")
r_table("lending_club", "modeldata", "lending_club", c(9857, 23), "binary", "Class", "bad")
r_table("mlc_churn", "modeldata", "mlc_churn", c(5000, 20), "binary", "churn", "yes")
r_table("stackoverflow", "modeldata", "stackoverflow", c(5594, 21), "binary", "Remote", "Remote")
r_table("wa_churn", "modeldata", "wa_churn", c(7043, 20), "binary", "churn", "Yes")
r_table("pima_diabetes", "mlbench", "PimaIndiansDiabetes2", c(768, 9), "binary", "diabetes", "pos")
r_table("smoke_ban", "AER", "SmokeBan", c(10000, 7), "binary", "smoker", "yes")
# Follow-up time and cause of death are known only to those who know of the death.
r_table("flchain", "survival", "flchain", c(7874, 11), "binary", "death", "1", drop = c("futime", "chapter"))

visits <- from("AER", "DoctorVisits")
visits$visits <- ifelse(visits$visits > 0, "yes", "no")
save_table("doctor_visits", visits, c(5190, 12), "binary", "visits", "yes",
           source = "R package AER, DoctorVisits; whether there was any visit")

flights <- jsonlite::fromJSON(file.path(vega, "flights-20k.json"))
time <- as.POSIXct(flights$date, format = "%Y/%m/%d %H:%M", tz = "UTC")
flights <- data.frame(
  late = ifelse(flights$delay >= 15, "yes", "no"), day = as.integer(format(time, "%j")), weekday = format(time, "%u"),
  hour = as.integer(format(time, "%H")) + as.integer(format(time, "%M")) / 60, distance = flights$distance,
  origin = flights$origin, destination = flights$destination)
save_table("flights", flights, c(20000, 7), "binary", "late", "yes",
           source = "npm vega-datasets 3.2.1, flights-20k.json; at least 15 minutes late")

penguins <- jsonlite::fromJSON(file.path(vega, "penguins.json"))
penguins$Sex[!(penguins$Sex %in% c("MALE", "FEMALE"))] <- NA
save_table("penguins", penguins, c(344, 7), "binary", "Sex", "MALE", source = "npm vega-datasets 3.2.1, penguins.json; rows of known sex")

# One of several classes.
r_table("letter_recognition", "mlbench", "LetterRecognition", c(20000, 17), "multiclass", "lettr")
r_table("satellite", "mlbench", "Satellite", c(6435, 37), "multiclass", "classes")
r_table("soybean", "mlbench", "Soybean", c(683, 36), "multiclass", "Class")
r_table("vehicle", "mlbench", "Vehicle", c(846, 19), "multiclass", "Class")

weather <- read.csv(file.path(vega, "seattle-weather.csv"))
weather$date <- as.integer(format(as.Date(weather$date), "%j"))
save_table("seattle_weather", weather, c(1461, 6), "multiclass", "weather",
           source = "npm vega-datasets 3.2.1, seattle-weather.csv; the day of the year")

# A number.
r_table("ames", "modeldata", "ames", c(2930, 74), "regression", "Sale_Price")
r_table("car_prices", "modeldata", "car_prices", c(804, 18), "regression", "Price")
r_table("concrete", "modeldata", "concrete", c(1030, 9), "regression", "compressive_strength")
r_table("cps1988", "AER", "CPS1988", c(28155, 7), "regression", "wage")
r_table("sacramento", "modeldata", "Sacramento", c(932, 9), "regression", "price")
