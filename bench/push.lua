-- One Docker Hub delivery after the other, each another push: the tag and pushed_at of every request are its own.
local counter, thread = 0, 0
local threads = 0
function setup(t) t:set("number", threads); threads = threads + 1 end
function init(args) base = os.time() * 1000 + number * 100000000 end
local filler = string.rep("x", 900)
function request()
  counter = counter + 1
  local id = base + counter
  local body = string.format('{"callback_url":"https://registry.hub.docker.com/u/acme/site/hook/2141b5bi5i5b02bec211i4eeih0242eg11000a/",'
    .. '"push_data":{"pushed_at":%d,"pusher":"trustedbuilder","tag":"t%d"},"repository":{"comment_count":0,"description":"%s",'
    .. '"is_official":false,"is_private":true,"name":"other","namespace":"acme","owner":"acme","repo_name":"acme/other",'
    .. '"repo_url":"https://registry.hub.docker.com/u/acme/other/","star_count":0,"status":"Active"}}', id, id, filler)
  wrk.headers["Content-Type"] = "application/json" -- beside those of the command line: "Connection: close"
  return wrk.format("POST", nil, nil, body)
end
